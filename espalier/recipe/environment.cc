#include "espalier/recipe/environment.h"

#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include "espalier/base/machine.h"
#include "espalier/base/text.h"
#include "espalier/base/threads.h"
#include "espalier/io/json.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

#ifdef __clang__
constexpr const char* kCompiler = __VERSION__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

}  // namespace

nlohmann::ordered_json environment_of(const Plan& plan) {
  return {{"format_version", 1},
          {"espalier", ESPALIER_VERSION},
          {"libtorch", TORCH_VERSION},
          {"compiler", kCompiler},
          {"processor", processor_name()},
          {"instructions", instruction_sets()},
          {"kernels", at::get_cpu_capability()},
          {"cores", usable_cores()},
          {"threads", at::get_num_threads()},
          {"precision", plan.facts.precision},
          {"precision_reason", plan.facts.precision_reason}};
}

void record_environment(const RunFolder& folder, const Plan& plan, int64_t step) {
  const fs::path path = folder.path() / "environment.json";
  const nlohmann::ordered_json now = environment_of(plan);
  if (fs::exists(path)) {
    const nlohmann::json before = read_json(path);
    std::vector<std::string> changes;
    for (const auto& [key, value] : now.items()) {
      const auto found = before.find(key);
      if (found == before.end() || *found == nlohmann::json(value)) continue;
      changes.push_back(fmt::format("{} was {} and is {}", key, found->dump(), value.dump()));
    }
    if (!changes.empty())
      folder.append_event({{"kind", "note"}, {"step", step}, {"text", "the environment differs: " + join(changes, "; ")}});
  }
  write_json(path, now);
}

}  // namespace espalier
