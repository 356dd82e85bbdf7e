// parity_pair: driven by tools/parity/seq_to_seq_parity.py, which states the contract.
#include <CLI/CLI.hpp>
#include <iostream>

#include "espalier/io/safetensors_writer.h"
#include "espalier/models/load.h"
#include "tests/support/seq2seq_run.h"

namespace {

using namespace espalier;

void write_tensors(const fs::path& path, const support::Tensors& tensors) {
  std::vector<Tensor> kept;
  std::vector<NamedTensor> named;
  kept.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) named.push_back(named_tensor(name, kept.emplace_back(tensor.detach().contiguous())));
  write_safetensors(path, named);
}

}  // namespace

int main(int count, char** words) {
  std::string folder, inputs, out, dtype, loss = "cross_entropy", save;
  bool embed = false;
  CLI::App app{"one encoder–decoder, one batch: values and gradients"};
  app.add_option("folder", folder)->required();
  app.add_option("inputs", inputs)->required();
  app.add_option("out", out)->required();
  app.add_option("--dtype", dtype)->required();
  app.add_option("--loss", loss);
  app.add_flag("--embed", embed);
  app.add_option("--save", save);
  CLI11_PARSE(app, count, words);
  try {
    MemoryLog log;
    LoadOptions options{.dtype = dtype == "f64" ? at::kDouble : at::kFloat};
    if (embed) options.head = HeadOptions{.kind = HeadKind::embed, .pooling = Pooling::mean};
    const auto model = load_model(folder, options, log);
    if (!save.empty()) save_model(*model, save, fs::path(), log);
    write_tensors(out, support::run_seq2seq(*model, support::all_tensors(Safetensors(inputs)), loss));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
