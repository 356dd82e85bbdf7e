// The head that an adapter folder brings.
#include "espalier/base/error.h"
#include "espalier/models/model.h"
#include "espalier/peft/formats/our_tensor.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/peft/formats/peft_file.h"

namespace espalier {

std::optional<std::string> our_tensor(const NameTable& table, const std::string& theirs) {
  for (const NameRule& rule : table.rules) {
    if (rule.exact && !rule.base && rule.theirs == theirs) return rule.ours;
  }
  const size_t dot = theirs.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const auto module = our_module(table, theirs.substr(0, dot));
  return module ? std::optional<std::string>(*module + theirs.substr(dot)) : std::nullopt;
}

HeadOptions peft_head(const Model& model, const fs::path& folder, const HeadOptions& otherwise) {
  const PeftFile file(folder);
  const NameTable& table = model.backbone().names();
  HeadOptions head = otherwise;
  bool any = false, out = false;
  int64_t classes = 0;
  for (const auto& [name, whole] : file.whole()) {
    const auto path = our_tensor(table, name);
    if (!path || !path->starts_with("head.main.")) continue;
    any = true;
    if (*path != "head.main.out.weight" || whole.view->shape.empty()) continue;
    out = true;
    classes = whole.view->shape[0];
  }
  if (!any) return otherwise;
  if (!out) {
    if (otherwise.kind == HeadKind::none)
      head.kind = model.facts().decoder ? HeadKind::seq2seq : model.facts().causal ? HeadKind::causal_lm : HeadKind::masked_lm;
    return head;
  }
  if (classes < 1 || classes > 1'000'000) {
    throw data_error("the adapter's classifier has {} rows; expected 1 to 1,000,000", classes).at(file.tensors_path().string());
  }
  const bool tokens = file.settings().notes.task_type == std::optional<std::string>("TOKEN_CLS");
  const bool sequence =
      otherwise.kind == HeadKind::classify || otherwise.kind == HeadKind::multi_label || otherwise.kind == HeadKind::regress;
  const bool same = tokens ? otherwise.kind == HeadKind::tokens : sequence;
  if (same && std::max<int64_t>(1, int64_t(otherwise.labels.size())) == classes) return otherwise;
  head.kind = tokens ? HeadKind::tokens : classes == 1 ? HeadKind::regress : HeadKind::classify;
  head.labels.clear();
  for (int64_t i = 0; i < classes; ++i) head.labels.push_back("LABEL_" + std::to_string(i));
  return head;
}

}  // namespace espalier
