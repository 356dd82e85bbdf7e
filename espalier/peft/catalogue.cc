#include "espalier/peft/catalogue.h"

#include "espalier/peft/adapter.h"
#include "espalier/peft/compacter.h"
#include "espalier/peft/diff_pruning.h"
#include "espalier/peft/dsee.h"
#include "espalier/peft/fact.h"
#include "espalier/peft/ia3.h"
#include "espalier/peft/intrinsic.h"
#include "espalier/peft/kadaptation.h"
#include "espalier/peft/lora.h"
#include "espalier/peft/prefix.h"
#include "espalier/peft/prompt.h"
#include "espalier/peft/trained_base.h"

namespace espalier {

const Registry<Modifier>& methods() {
  static const Registry<Modifier> kMethods = [] {
    Registry<Modifier> r("method");
    r.add<Lora, LoraOptions>("lora", "low-rank updates B A beside frozen linear layers");
    r.add<Adapter, AdapterOptions>("adapter", "bottlenecks behind or beside the branches: Houlsby, Pfeiffer, parallel");
    r.add<Compacter, CompacterOptions>("compacter", "bottlenecks of Kronecker products: Compacter, Compacter++, PHM, low rank");
    r.add<Ia3, Ia3Options>("ia3", "keys, values and inner activations are scaled by vectors");
    r.add<Fact, FactOptions>("fact", "one low-rank tensor for all linear layers: FacT-TT, FacT-TK");
    r.add<Kadaptation, KadaptationOptions>("kadaptation", "updates of query and value as sums of Kronecker products");
    r.add<Dsee, DseeOptions>("dsee", "low-rank updates B A and a few numbers of each weight");
    r.add<Prompt, PromptOptions>("prompt", "trained rows in front of the embedded text");
    r.add<Prefix, PrefixOptions>("prefix", "trained rows in front of every attention's keys and values");
    r.add<Intrinsic, IntrinsicOptions>("intrinsic", "every number of the base moves in one small random subspace: SAID, DID");
    r.add<DiffPruning, DiffPruningOptions>("diff_pruning", "a sparse difference to the base, its places learned by gates");
    r.add<Full, FullOptions>("full", "every number of the base trains");
    r.add<Bitfit, BitfitOptions>("bitfit", "only the base's biases train");
    r.add<LayerNormTuning, LayerNormOptions>("layer_norm", "only the base's norms train");
    r.add<LinearProbe, LinearProbeOptions>("linear_probe", "a linear model on frozen features, fitted to convergence");
    return r;
  }();
  return kMethods;
}

}  // namespace espalier
