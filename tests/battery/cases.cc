#include "tests/battery/cases.h"

#include "espalier/models/catalogue.h"
#include "espalier/peft/catalogue.h"
#include "espalier/pruning/mask.h"
#include "tests/support/tiny_families.h"

namespace espalier::battery {
namespace {
constexpr const char* kMask = "mask";
constexpr const char* kSquare = "*.*.attention.{query,key,value,output}";  // the tiny feed-forward is no multiple of the width

/// Defaults that no tiny model fits give way to the nearest that it does. Central differences ask for a small scale.
Value plain_options(const std::string& method) {
  if (method == "fact") return Value::Object{{"sites", kSquare}, {"rank", 2}};
  if (method == "kadaptation") return Value::Object{{"divisions", 4}, {"scale", 4.0}};
  if (method == "dsee") return Value::Object{{"rank", 2}, {"entries", 11}};
  if (method == "intrinsic") return Value::Object{{"dimension", 160}};
  return Value::Object{};
}

/// What a family's shapes refuse gives way too; refused_test.cc holds the refusals.
void fit_family(const Case& c, Value& options) {
  if (c.family == "llama" && c.method == "fact") options.set("sites", "*.*.attention.{query,output}");  // fewer key heads
  if (c.family == "llama" && c.method == "kadaptation" && c.variant.empty()) options.set("bias", "site");
  if (c.family == "t5" && c.method == "kadaptation") options.set("bias", "none");  // there are no biases to merge a shift into
}
}  // namespace

// A smooth activation wherever central differences are taken.
const std::map<std::string, Value>& variants(const std::string& method) {
  const auto form = [](const char* name) { return Value::Object{{"form", name}, {"nonlinearity", "gelu"}, {"width", 4}}; };
  static const std::map<std::string, std::map<std::string, Value>> kVariants = {
      {"lora", {{"dora", Value::Object{{"dora", true}, {"dora_full_gradient", true}}}}},
      {"adapter",
       {{"pfeiffer", form("pfeiffer")},
        {"pfeiffer_plain", form("pfeiffer_plain")},
        {"pfeiffer_attention", form("pfeiffer_attention")},
        {"parallel", form("parallel")},
        {"scaled_parallel", form("scaled_parallel")},
        {"all_options", Value::Object{{"placement", "before_drop"},
                                      {"init_weights", "mam_adapter"},
                                      {"learn_scale", true},
                                      {"norm_before", true},
                                      {"norm_after", "sum"},
                                      {"width", 3}}}}},
      {"compacter",
       {{"plus_plus", Value::Object{{"form", "compacter++"}}},
        {"phm", Value::Object{{"form", "phm"}, {"divisions", 3}, {"width", 6}}},
        {"low_rank", Value::Object{{"form", "low_rank"}, {"rank", 2}, {"train_norms", false}}}}},
      {"fact", {{"tucker", Value::Object{{"form", "tk"}, {"sites", kSquare}, {"rank", 3}, {"scale", 10.0}}}}},
      {"kadaptation",
       {{"whole", Value::Object{{"divisions", 3}, {"rank", 2}, {"slow_rank", 0}, {"bias", "site"}, {"scale", 2.0}}},
        {"wide", Value::Object{{"divisions", 2}, {"rank", 2}, {"slow_rank", 2}, {"bias", "none"}, {"scale", 4.0}}}}},
      {"dsee",
       {{"reference", Value::Object{{"entries", 5}, {"positions", "random"}, {"init", "reference"}, {"entry_scale", "one"}}},
        {"alone", Value::Object{{"rank", 0}, {"entries", 7}, {"positions", "magnitude"}}}}},
      {"intrinsic", {{"did", Value::Object{{"form", "did"}, {"dimension", 9}}}}},
      {"diff_pruning", {{"flat", Value::Object{{"structured", false}, {"start", 0.5}, {"on", "**.{query,value}.weight"}}}}},
      {"ia3", {{"outputs", Value::Object{{"sites", "*.*.attention.{query,value}"}, {"inputs", ""}}}}},
      {"prompt",
       {{"vocabulary", Value::Object{{"init", "vocabulary"}, {"length", 3}}},
        {"peft", Value::Object{{"reading", "peft"}, {"length", 3}}}}},
      {"prefix",
       {{"flat", Value::Object{{"bottleneck", 0}, {"length", 3}}},
        {"peft", Value::Object{{"reading", "peft"}, {"bottleneck", 0}, {"length", 2}}}}}};
  static const std::map<std::string, Value> kNone;
  const auto found = kVariants.find(method);
  return found == kVariants.end() ? kNone : found->second;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Family& family : families()) {
    const auto model = make_model(tiny_config(family.name), "tiny");
    const bool reads_text = model->facts().vocabulary > 0;
    bool biased = false;
    model->backbone().each_parameter([&](Parameter& p) { biased = biased || p.path().ends_with(".bias"); });
    for (const auto& entry : methods().entries()) {
      if (entry.name != "bitfit" || biased) cases.push_back({family.name, entry.name});  // else it says that nothing trains
      for (const auto& [variant, options] : variants(entry.name)) {
        const bool of_tokens = variant == "vocabulary" || (variant == "peft" && entry.name.starts_with("pr"));
        if (reads_text || !of_tokens) cases.push_back({family.name, entry.name, variant});
      }
    }
    cases.push_back({family.name, kMask});
  }
  return cases;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  const Case& c = info.param;
  return c.family + "_" + c.method + (c.variant.empty() ? "" : "_" + c.variant);
}

nlohmann::json tiny_config(const std::string& family) { return support::tiny_family(family); }

std::unique_ptr<Model> base_model(const Case& c, const HeadOptions& head) {
  return support::tiny_model(head, tiny_config(c.family));
}

std::unique_ptr<Modifier> make_modifier(const Case& c, const std::string& name) {
  Value options = c.variant.empty() ? plain_options(c.method) : variants(c.method).at(c.variant);
  fit_family(c, options);
  if (!name.empty()) options.set("name", name);
  if (c.method == kMask) return std::make_unique<Mask>(read_options<MaskOptions>(options, kMask));
  return methods().find(c.method).make(options, "method");
}

std::unique_ptr<Modifier> remake(const Modifier& modifier) {
  if (modifier.kind() == kMask) return std::make_unique<Mask>(read_options<MaskOptions>(modifier.options(), kMask));
  Value options = modifier.options();
  options.set("kind", modifier.kind());
  return methods().make(options, "method");
}

std::vector<Parameter*> trained(Model& model, Modifier& modifier) {
  std::vector<Parameter*> own = modifier.trained(model);
  return own.empty() ? model.head()->parameters() : own;
}

void shake(Model& model, Modifier& modifier, uint64_t seed) {
  for (Parameter* p : modifier.trained(model)) {
    RandomStream draw(derive_key(seed, p->path()));
    Tensor noise = at::empty(p->shape(), at::kDouble);
    for (int64_t i = 0; i < noise.numel(); ++i) noise.data_ptr<double>()[i] = 0.1 * draw.normal();
    p->set(p->leaf().detach() + noise);
  }
}

Batch batch() { return support::random_batch({5, 5, 3, 1}); }

Tensor outputs(Model& model, const Batch& batch) {
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(batch, pass);
}

bool equal_outputs(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>() < 1e-12; }

Tensor loss(Model& model, const Batch& batch) {
  Pass pass;
  return at::cross_entropy_loss(model(batch, pass), batch.classes);
}

Leaves copied(const std::vector<Parameter*>& parameters) {
  Leaves leaves;
  for (Parameter* p : parameters) leaves.emplace_back(p, p->leaf().detach().clone());
  return leaves;
}

void expect_unchanged(const Leaves& leaves, const std::string& when) {
  for (const auto& [parameter, before] : leaves) {
    EXPECT_TRUE(parameter->leaf().equal(before)) << parameter->path() << " changed: " << when;
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Battery, testing::ValuesIn(all_cases()), case_name);

}  // namespace espalier::battery
