#include "espalier/nn/pass.h"

#include "espalier/base/seed.h"

namespace espalier {

uint64_t Pass::draw(std::string_view place) {
  const uint64_t name = derive_key(random.seed, place);
  const uint64_t use = uses_[name]++;
  return derive_key(derive_key(derive_key(name, uint64_t(random.step)), uint64_t(random.micro_batch)), use);
}

}  // namespace espalier
