// espalier doctor: the machine as espalier sees it, and the speed it reaches.
#include <CLI/CLI.hpp>

#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <chrono>

#include "espalier/base/machine.h"
#include "espalier/base/table.h"
#include "espalier/base/text.h"
#include "espalier/base/threads.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"
#include "espalier/nn/kernels/throughput.h"
#include "espalier/nn/kernels/vector.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/precision.h"

namespace espalier {

using kernels::kUsualIn, kernels::kUsualOut, kernels::kUsualRows;

namespace {

std::string memory(std::string_view key) {
  const std::vector<std::string> words = split(proc_value("/proc/meminfo", key), ' ');
  return human_bytes(parse_int(words.front()).value_or(0) * 1024);
}

/// "MKL 2024.2, oneDNN 3.7.1": the numbers in the long sentences of libtorch.
std::string version_in(const std::string& sentence) {
  for (const std::string& word : split(sentence, ' ')) {
    std::string_view number = word;
    if (number.starts_with("v")) number.remove_prefix(1);
    number = number.substr(0, number.find('-'));
    if (!number.empty() && number.front() >= '0' && number.front() <= '9' && (number.find('.') != std::string_view::npos))
      return std::string(number);
  }
  return "";
}

std::string other_kernels() {
  std::vector<std::string> names;
  for (const kernels::VectorKernels* set : kernels::runnable_kernels()) {
    if (set != &kernels::vector_kernels()) names.emplace_back(set->name);
  }
  return names.empty() ? "none" : join(names, ", ");
}

/// A product with a weight as it lies in memory: the best of several.
double plain_gflops(int64_t rows, int64_t in, int64_t out) {
  at::NoGradGuard no_gradient;
  const Tensor x = at::full({rows, in}, 0.5), weight = at::full({out, in}, 0.01);
  double best = 1e9;
  for (int i = 0; i < 8; ++i) {
    const auto start = std::chrono::steady_clock::now();
    at::linear(x, weight);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return 2e-9 * double(rows) * double(in) * double(out) / best;
}

int doctor(int64_t threads) {
  use_threads(threads);
  const auto line = [](const char* name, const std::string& text) { print(fmt::format("{:<14}{}\n", name, text)); };
  const std::string cpu = processor_name();
  const std::vector<std::string> instructions = instruction_sets();
  line("espalier", ESPALIER_VERSION);
  line("processor", cpu.empty() ? "unknown" : cpu);
  line("instructions", instructions.empty() ? "none that matter here" : join(instructions, ", "));
  line("threads", fmt::format("{} used: {}", at::get_num_threads(), threads > 0 ? "as asked" : usable_cores_reason()));
  line("memory", fmt::format("{}, {} free", memory("MemTotal"), memory("MemAvailable")));
  line("libtorch", fmt::format("{}, kernels for {}, MKL {}, oneDNN {}", TORCH_VERSION, at::get_cpu_capability(),
                               version_in(at::get_mkl_version()), version_in(at::get_mkldnn_version())));
  line("vector code", fmt::format("{} (others with ESPALIER_ISA: {})", kernels::vector_kernels().name, other_kernels()));
  line("training", choose_precision("auto", true).reason);
  line("evaluation", choose_precision("auto", false).reason);
  finish_output();

  Table table({"weights", ">GFLOP/s", "used for"});
  const auto row = [&](const char* name, double gflops, const char* use) {
    table.row({name, fmt::format("{:.0f}", gflops), use});
  };
  row("fp32", plain_gflops(kUsualRows, kUsualIn, kUsualOut), "trained weights, and weights with masks");
  row("fp32, packed", kernels::frozen_gflops(Precision::exact, kUsualRows, kUsualIn, kUsualOut),
      "frozen weights under --precision fp32");
  row("bf16, packed", kernels::frozen_gflops(Precision::bf16, kUsualRows, kUsualIn, kUsualOut),
      "frozen weights under --precision bf16");
  print(fmt::format("\nproducts of [{}, {}] with [{}, {}]:\n{}", kUsualRows, kUsualIn, kUsualOut, kUsualIn, table.text()));
  return 0;
}

}  // namespace

void add_doctor(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("doctor", "machine, threads, libtorch, and the speed that each number format reaches");
  auto threads = std::make_shared<int64_t>(0);
  verb->add_option("--threads", *threads, "by default the physical cores that may be used")->type_name("N");
  verb->callback([threads, &work] { work = [threads] { return doctor(*threads); }; });
}

}  // namespace espalier
