#include "espalier/models/modifier.h"

namespace espalier {

void Modifier::detach(Model&) {
  while (!hooks_.empty()) hooks_.pop_back();
}

Modifier::~Modifier() {
  while (!hooks_.empty()) hooks_.pop_back();
}

}  // namespace espalier
