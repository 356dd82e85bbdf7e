#include "espalier/peft/formats/peft.h"
#include "espalier/peft/formats/peft_writer.h"
#include "espalier/peft/ia3.h"
#include "espalier/peft/prefix.h"
#include "espalier/peft/prompt.h"
#include "espalier/peft/trained_base.h"

namespace espalier {

std::unique_ptr<PeftWriter> peft_writer(Model& model, const Modifier& method, const std::vector<Parameter*>& whole,
                                        Problems& problems) {
  std::unique_ptr<PeftWriter> writer;
  if (const auto* lora = dynamic_cast<const Lora*>(&method)) {
    writer = lora_writer(model, *lora, whole);
  } else if (const auto* ia3 = dynamic_cast<const Ia3*>(&method)) {
    writer = ia3_writer(model, *ia3, whole);
  } else if (const auto* prompt = dynamic_cast<const Prompt*>(&method)) {
    writer = prompt_writer(model, *prompt, whole);
  } else if (const auto* prefix = dynamic_cast<const Prefix*>(&method)) {
    writer = prefix_writer(model, *prefix, whole);
  } else if (dynamic_cast<const LayerNormTuning*>(&method) != nullptr) {
    writer = norms_writer(model, *model.modifier(method.name()), whole);
  } else {
    problems.add(method.name(), fmt::format("peft's folders have no type for the method '{}'", method.kind()));
    return nullptr;
  }
  problems = writer->obstacles();
  return writer;
}

Problems peft_obstacles(Model& model, const Modifier& method, const std::vector<Parameter*>& whole) {
  Problems problems;
  peft_writer(model, method, whole, problems);
  return problems;
}

void save_peft(Model& model, const Modifier& method, const fs::path& folder, const PeftNotes& notes,
               const std::vector<Parameter*>& whole) {
  Problems problems;
  const std::unique_ptr<PeftWriter> writer = peft_writer(model, method, whole, problems);
  problems.raise(ErrorKind::unsupported, fmt::format("'{}' cannot be written as a PEFT folder", method.name()));
  writer->write(folder, notes);
}

}  // namespace espalier
