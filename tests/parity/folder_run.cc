// parity_folder: driven by tools/parity/peft_folders_parity.py and merged_parity.py, which state the contract.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/load.h"
#include "espalier/models/save.h"
#include "espalier/peft/formats/peft.h"
#include "tests/support/bert_run.h"

namespace {

using namespace espalier;

Tensor logits(Model& model, const support::Tensors& inputs) {
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(support::packed_batch(inputs, ""), pass).contiguous();
}

/// Those of Σ logits ⊙ weights, under the names of peft's folder.
void save_gradients(Model& model, const LoadedPeft& loaded, const support::Tensors& inputs, const fs::path& folder) {
  std::vector<Parameter*> trained = loaded.method.trained(model);
  for (Parameter* p : loaded.whole) {
    if (std::ranges::find(trained, p) == trained.end()) trained.push_back(p);
  }
  for (Parameter* p : trained) p->train(true);
  Pass pass;
  torch::autograd::backward({(model(support::packed_batch(inputs, ""), pass) * inputs.at("weights")).sum()}, {});
  std::vector<Tensor> leaves;
  for (Parameter* p : trained) {
    leaves.push_back(p->leaf().detach());
    p->set(p->leaf().grad().defined() ? p->leaf().grad() : at::zeros_like(leaves.back()));
  }
  save_peft(model, loaded.method, folder, loaded.notes, loaded.whole);
  for (size_t i = 0; i < trained.size(); ++i) trained[i]->set(leaves[i]);
}

nlohmann::json run(const nlohmann::json& job, support::Tensors& out) {
  MemoryLog log;
  const std::string name = job.at("name"), adapter = job.value("adapter", "");
  const fs::path base = find_model(job.at("model"));
  LoadOptions load;
  load.head = head_of_folder(base);
  if (job.contains("pooling")) load.head->pooling = pooling_from(job.at("pooling"));
  if (job.value("embed", false)) load.head->kind = HeadKind::embed;
  if (!adapter.empty()) load.head = peft_head(*make_model(read_json(base / "config.json"), "config.json"), adapter, *load.head);
  const auto model = load_model(base, load, log);
  const support::Tensors inputs = support::all_tensors(Safetensors(job.at("inputs").get<std::string>()));
  const Tensor before = logits(*model, inputs);
  nlohmann::json said = {{"name", name}};
  if (!adapter.empty()) {
    const LoadedPeft loaded = load_peft(*model, adapter, "lora", log);
    out[name + ".logits"] = logits(*model, inputs);
    if (job.contains("save_adapter")) {
      save_peft(*model, loaded.method, job.at("save_adapter").get<std::string>(), loaded.notes, loaded.whole);
    }
    if (job.contains("save_gradients")) save_gradients(*model, loaded, inputs, job.at("save_gradients").get<std::string>());
    if (loaded.method.merge(*model)) out[name + ".merged"] = logits(*model, inputs);
    said["moved"] =
        before.sizes() == out[name + ".logits"].sizes() ? (before - out[name + ".logits"]).abs().max().item<double>() : 1.0;
  } else {
    out[name + ".logits"] = before;
  }
  if (job.contains("save_model")) {
    const SavedModel saved = save_model(*model, job.at("save_model").get<std::string>(), base, log);
    said["architecture"] = saved.architecture;
    said["sentence_encoder"] = saved.sentence_encoder;
  }
  said["head"] = model->head() != nullptr ? head_name(model->head()->options().kind) : "none";
  if (model->head() != nullptr) said["labels"] = model->head()->options().labels;
  said["notes"] = log.notes;
  said["warnings"] = log.warnings;
  return said;
}

}  // namespace

int main(int count, char** words) {
  std::string jobs, out, answers;
  CLI::App app{"models and adapters from folders: logits, and the folders written again"};
  app.add_option("jobs", jobs)->required();
  app.add_option("out", out, "tensors: <name>.logits, <name>.merged")->required();
  app.add_option("answers", answers, "a list: what was said of each job, or its error")->required();
  CLI11_PARSE(app, count, words);
  try {
    support::Tensors tensors;
    nlohmann::json said = nlohmann::json::array();
    for (const nlohmann::json& job : read_json(jobs)) {
      try {
        said.push_back(run(job, tensors));
      } catch (const Error& error) {
        said.push_back({{"name", job.at("name")}, {"error", error.what()}});
      }
    }
    std::vector<NamedTensor> named;
    for (const auto& [name, t] : tensors) named.push_back(named_tensor(name, t));
    write_safetensors(out, named);
    write_json(answers, said);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
