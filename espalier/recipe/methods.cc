#include "espalier/recipe/methods.h"

#include "espalier/base/text.h"
#include "espalier/peft/catalogue.h"
#include "espalier/recipe/recipe.h"

namespace espalier {
namespace {

constexpr const char* kBag = "bag_of_words";
constexpr const char* kProbe = "linear_probe";

}  // namespace

void ProbeMethod::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  ProbeOptions::fields(f);
}

std::vector<MethodEntry> method_entries() {
  std::vector<MethodEntry> entries;
  for (const auto& entry : methods().entries()) {
    entries.push_back({entry.name, entry.help, entry.name == kProbe ? document_options<ProbeMethod>() : entry.options()});
  }
  entries.push_back({kBag, "hashed 1-2-grams, TF-IDF and a linear model: the control row, no model needed",
                     document_options<BagOfWordsOptions>()});
  return entries;
}

Value resolve_method(const Value& method, const std::string& path) {
  if (method.as_object() == nullptr) throw usage_error("{} = {}; expected a table", path, method.describe()).at(method.place());
  const Value* named = method.find("kind");
  if (named != nullptr && named->as_string() == nullptr) {
    throw usage_error("{}.kind = {}; expected the name of a method", path, named->describe()).at(named->place());
  }
  const std::string kind = named == nullptr ? "lora" : *named->as_string();
  Value options;
  if (kind == kBag) {
    options = write_options(read_options<BagOfWordsOptions>(method, path, {"kind"}));
  } else if (kind == kProbe) {
    options = write_options(read_options<ProbeMethod>(method, path, {"kind"}));
  } else {
    std::vector<std::string> known;
    for (const MethodEntry& entry : method_entries()) known.push_back(entry.name);
    for (const auto& entry : methods().entries()) {
      if (entry.name == kind) options = entry.resolve(method, path);
    }
    if (options.is_null()) {
      throw usage_error("method '{}' is unknown{}", printable(kind), did_you_mean(kind, known))
          .at(named->place())
          .hint("known: " + join(known, ", "));
    }
  }
  Value::Object resolved{{"kind", kind}};
  for (auto& member : *options.as_object()) resolved.push_back(std::move(member));
  return Value(std::move(resolved)).at(method.place());
}

double default_learning_rate(const std::string& method, int64_t width) {
  if (method == "full") return width <= 384 ? 1e-4 : 3e-5;
  if (method == "bitfit" || method == "layer_norm") return 1e-3;
  if (method == "compacter" || method == "ia3") return 3e-3;
  if (method == "prompt" || method == "intrinsic") return 3e-2;
  if (method == "fact") return 1e-3;
  if (method == "kadaptation") return 5e-3;
  if (method == "dsee") return 2e-4;
  if (method == "diff_pruning") return 5e-5;
  if (method == "prefix") return 1e-3;
  return 5e-4;
}

std::unique_ptr<Modifier> make_method(const Value& resolved, const std::string& path) {
  const std::string& kind = *resolved.find("kind")->as_string();
  if (kind == kProbe) return methods().find(kind).make(Value::Object{{"kind", kind}, {"name", *resolved.find("name")}}, path);
  return methods().make(resolved, path);
}

ProbeOptions probe_options(const Value& resolved) { return read_options<ProbeMethod>(resolved, "method[0]", {"kind"}); }

BagOfWordsOptions bag_options(const Value& resolved) { return read_options<BagOfWordsOptions>(resolved, "method[0]", {"kind"}); }

}  // namespace espalier
