#include "espalier/peft/formats/attentions.h"

#include <fmt/format.h>

namespace espalier {

std::vector<Attention*> attentions_of(Model& model, Problems& problems) {
  std::vector<Attention*> attentions;
  model.backbone().each_module([&](Module& m) {
    if (auto* attention = dynamic_cast<Attention*>(&m)) attentions.push_back(attention);
  });
  if (int64_t(attentions.size()) != model.facts().layers) {
    problems.add(model.family(),
                 fmt::format("has {} attentions in {} layers; in peft's folders each layer has a prefix of its own",
                             attentions.size(), model.facts().layers));
  }
  return attentions;
}

}  // namespace espalier
