// adapter_config.json of a PEFT folder with good tensors, loaded into a tiny model.
#include "espalier/base/log.h"
#include "espalier/io/json.h"
#include "espalier/models/load.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/peft/lora.h"
#include "tests/fuzz/target.h"
#include "tests/support/tiny_bert.h"

namespace espalier::fuzz {
namespace {

struct Adapter {
  Adapter() : model(support::tiny_bert(support::classes(2))) {
    LoraOptions options;
    options.name = "lora";
    options.rank = 2;
    options.sites = "**.attention.{query,value}";
    const auto& lora = dynamic_cast<const Lora&>(model->attach(std::make_unique<Lora>(options), 1));
    save_peft(*model, lora, folder.path(), {.base = "base"}, model->head()->parameters());
    model->detach("lora");
  }
  Folder folder;
  std::unique_ptr<Model> model;
};

void read(std::string_view bytes) {
  static const Adapter adapter;
  MemoryLog log;
  adapter.folder.write("adapter_config.json", bytes);
  const Lora& lora = load_peft(*adapter.model, adapter.folder.path(), "read", log).lora();
  expect(lora.pairs().size() == 4, "all places of the file are matched");
  adapter.model->detach("read");
}

const AddTarget kTarget("adapter", read);

}  // namespace
}  // namespace espalier::fuzz
