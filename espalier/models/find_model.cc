// Where a model's folder is: a path, else a name in the Hugging Face cache.
#include <cstdlib>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/models/load.h"
#include "espalier/models/sentence_folder.h"

namespace espalier {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

fs::path cache_folder() {
  if (const std::string hub = environment("HF_HUB_CACHE"); !hub.empty()) return hub;
  if (const std::string home = environment("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  return fs::path(environment("HOME")) / ".cache" / "huggingface" / "hub";
}

}  // namespace

fs::path find_model(const std::string& name) {
  if (fs::is_directory(name)) return transformer_folder(name);
  if (fs::exists(name)) {
    throw usage_error("a model is a folder with config.json and model.safetensors; '{}' is a file", name);
  }
  const fs::path cached = cache_folder() / ("models--" + replace_all(name, "/", "--"));
  if (fs::exists(cached / "refs" / "main")) {
    const fs::path snapshot = cached / "snapshots" / std::string(trim(read_file(cached / "refs" / "main")));
    if (fs::is_directory(snapshot)) return transformer_folder(snapshot);
  }
  throw usage_error("there is no model folder '{}', and none of that name in the Hugging Face cache {}", name,
                    cache_folder().string())
      .hint("give a folder, or download it with: hf download " + name);
}

}  // namespace espalier
