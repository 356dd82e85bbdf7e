#include "espalier/peft/catalogue.h"

#include "espalier/peft/lora.h"
#include "espalier/peft/trained_base.h"

namespace espalier {

const Registry<Modifier>& methods() {
  static const Registry<Modifier> kMethods = [] {
    Registry<Modifier> r("method");
    r.add<Lora, LoraOptions>("lora", "low-rank updates B A beside frozen linear layers");
    r.add<Full, FullOptions>("full", "every number of the base trains");
    r.add<Bitfit, BitfitOptions>("bitfit", "only the base's biases train");
    r.add<LayerNormTuning, LayerNormOptions>("layer_norm", "only the base's norms train");
    r.add<LinearProbe, LinearProbeOptions>("linear_probe", "a linear model on frozen features, fitted to convergence");
    return r;
  }();
  return kMethods;
}

}  // namespace espalier
