#include "espalier/peft/formats/misfit.h"

#include <set>

#include "espalier/base/text.h"
#include "espalier/nn/linear.h"

namespace espalier {
namespace {

/// The number of different first numbers in the names: blocks.
size_t blocks(const std::vector<std::string>& modules) {
  std::set<std::string> numbers;
  for (const std::string& module : modules) {
    for (const std::string& part : split(module, '.')) {
      if (!parse_int(part)) continue;
      numbers.insert(part);
      break;
    }
  }
  return numbers.size();
}

/// The parts that two names have in common, from the end.
size_t alike(const std::string& one, const std::string& two) {
  const std::vector<std::string> a = split(one, '.'), b = split(two, '.');
  size_t count = 0;
  while (count < a.size() && count < b.size() && a[a.size() - 1 - count] == b[b.size() - 1 - count]) ++count;
  return count;
}

}  // namespace

Error wrong_backbone(Model& model, const PeftFile& file) {
  const std::vector<std::string> modules = file.modules();
  const std::string& module = modules.front();
  const auto found = file.pairs().find(module);
  const PeftFile::Pair pair = found != file.pairs().end() ? found->second : PeftFile::Pair{};
  std::vector<std::string> ours;
  const Linear* nearest = nullptr;
  model.each_module([&](Module& m) {
    const auto* linear = dynamic_cast<const Linear*>(&m);
    const auto name = linear != nullptr ? upstream_module(model.names(), m.path()) : std::nullopt;
    if (!name) return;
    ours.push_back(*name);
    if (nearest == nullptr || alike(module, *name) > alike(module, ours.front())) {
      nearest = linear;
      std::swap(ours.front(), ours.back());
    }
  });
  const auto size = [](int64_t in, int64_t out) { return fmt::format("{} to {}", in, out); };
  std::string sizes;
  if (nearest != nullptr && pair.a != nullptr && pair.b != nullptr && pair.a->shape.size() == 2 && !pair.b->shape.empty()) {
    sizes = fmt::format("; there it is {} numbers wide, here {}", size(pair.a->shape[1], pair.b->shape[0]),
                        size(nearest->in(), nearest->out()));
  }
  const std::string& base = file.settings().notes.base;
  return data_error(
             "none of the adapter's {} places is in this model ({}): it names {}, the nearest here is {}{}; its blocks: {}, "
             "here: {}",
             modules.size(), model.family(), printable(module, 100), ours.empty() ? "none" : ours.front(), sizes, blocks(modules),
             blocks(ours))
      .at(file.tensors_path().string())
      .hint(base.empty() ? "name the model it was trained on with --model"
                         : fmt::format("it was trained on '{}': name that model with --model", printable(base)));
}

}  // namespace espalier
