// parity_lora: driven by tools/parity/lora_parity.py, which states the contract.
#include <CLI/CLI.hpp>
#include <iostream>

#include "espalier/io/safetensors_writer.h"
#include "espalier/models/load.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/train/optimizer.h"
#include "tests/support/bert_run.h"

namespace {

using namespace espalier;

support::Tensors run(const std::string& base, const std::string& adapter, const std::string& inputs, at::ScalarType dtype,
                     double rate, const std::string& save) {
  MemoryLog log;
  const auto model = load_model(base, {.dtype = dtype}, log);
  const LoadedPeft loaded = load_peft(*model, adapter, "lora", log);
  Lora& lora = loaded.lora();
  std::map<std::string, Parameter*> named;
  for (const auto& pair : lora.pairs()) {
    const std::string tensor = saved_name(*model, pair->base.path() + ".weight");
    const std::string module = "base_model.model." + tensor.substr(0, tensor.size() - 7);
    named[module + ".lora_A.weight"] = &pair->down.weight();
    named[module + ".lora_B.weight"] = &pair->up.weight();
  }
  for (Parameter* p : model->head()->parameters()) named["base_model.model." + saved_name(*model, p->path())] = p;
  std::vector<Parameter*> trained;
  for (auto& [name, p] : named) {
    p->train(true);
    trained.push_back(p);
  }
  const auto adam = optimizers().make(Value::Object{{"kind", "adamw"}, {"learning_rate", rate}}, "optimizer");
  adam->bind(trained);

  const support::Tensors given = support::all_tensors(Safetensors(inputs));
  auto logits = [&](int64_t batch) {
    Pass pass;
    return (*model)(support::packed_batch(given, "batch." + std::to_string(batch) + "."), pass);
  };
  support::Tensors out;
  out["logits.initial"] = logits(0).detach();
  std::vector<double> losses;
  for (int64_t step = 0; given.contains("batch." + std::to_string(step) + ".ids"); ++step) {
    const Tensor loss = at::cross_entropy_loss(logits(step), given.at("batch." + std::to_string(step) + ".labels"));
    losses.push_back(loss.item<double>());
    torch::autograd::backward({loss}, {});
    for (auto& [name, p] : named) {
      if (step == 0) out["grad." + name] = p->leaf().grad().clone();
    }
    adam->step(rate);
    for (Parameter* p : trained) p->leaf().mutable_grad().reset();
  }
  out["loss"] = at::tensor(losses, at::kDouble).to(dtype);
  for (auto& [name, p] : named) out["final." + name] = p->leaf().detach().clone();
  out["logits.final"] = logits(0).detach();
  if (!save.empty()) save_peft(*model, lora, save, loaded.notes, loaded.whole);
  lora.merge(*model);
  out["logits.merged"] = logits(0).detach();
  return out;
}

}  // namespace

int main(int count, char** words) {
  std::string base, adapter, inputs, out, dtype, save;
  double rate = 0.01;
  CLI::App app{"peft's adapter on our model: logits, ten steps, merging"};
  app.add_option("base", base)->required();
  app.add_option("adapter", adapter)->required();
  app.add_option("inputs", inputs)->required();
  app.add_option("out", out)->required();
  app.add_option("--dtype", dtype)->required();
  app.add_option("--learning-rate", rate);
  app.add_option("--save", save);
  CLI11_PARSE(app, count, words);
  try {
    const support::Tensors tensors = run(base, adapter, inputs, dtype == "f64" ? at::kDouble : at::kFloat, rate, save);
    std::vector<Tensor> kept;
    std::vector<NamedTensor> named;
    kept.reserve(tensors.size());
    for (const auto& [name, t] : tensors) named.push_back(named_tensor(name, kept.emplace_back(t.contiguous())));
    write_safetensors(out, named);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
