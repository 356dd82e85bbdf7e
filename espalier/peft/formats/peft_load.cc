#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/peft/formats/peft_reader.h"

namespace espalier {
namespace {

std::unique_ptr<PeftReader> reader_of(Model& model, const fs::path& folder) {
  PeftFile file(folder);
  switch (file.settings().type) {
    case PeftType::lora:
      return lora_reader(model, std::move(file));
    case PeftType::ia3:
      return ia3_reader(model, std::move(file));
    case PeftType::norms:
      return norms_reader(model, std::move(file));
    case PeftType::prompt:
      return prompt_reader(model, std::move(file));
    case PeftType::prefix:
      return prefix_reader(model, std::move(file));
  }
  throw bug_error("an adapter of no type");
}

}  // namespace

Lora& LoadedPeft::lora() const { return dynamic_cast<Lora&>(method); }

LoadedPeft load_peft(Model& model, const fs::path& folder, const std::string& name, Log& log) {
  bool made = false;
  if (model.head() == nullptr) {
    const HeadOptions head = peft_head(model, folder, {});
    made = head.kind != HeadKind::none;
    if (made) model.set_head(make_head(model, head));
  }
  std::string attached;
  try {
    const std::unique_ptr<PeftReader> reader = reader_of(model, folder);
    Modifier& method = model.attach(reader->method(name), 0);
    attached = method.name();
    std::vector<Parameter*> whole = reader->fill(method);
    log.note(fmt::format("{}: {} sites matched, head {}", folder.string(), reader->places(),
                         reader->has_head() ? "present" : "not present"));
    const PeftSettings& settings = reader->file().settings();
    for (const std::string& idle : settings.idle_patterns(reader->file().modules()))
      log.warn(idle + " fits no place of the adapter");
    return {method, std::move(whole), settings.notes};
  } catch (...) {  // the model is again as it was
    if (!attached.empty()) model.detach(attached);
    if (made) model.set_head(nullptr);
    throw;
  }
}

}  // namespace espalier
