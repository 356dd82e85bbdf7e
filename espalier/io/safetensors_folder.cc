#include "espalier/io/safetensors_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors.h"

namespace espalier {
namespace {

std::vector<std::string> file_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

bool ends_with_any(const std::string& name, std::initializer_list<std::string_view> suffixes) {
  return std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) { return name.ends_with(suffix); });
}

// Why a folder has no <stem>.safetensors, as well as its file names tell.
[[noreturn]] void refuse(const fs::path& folder, const std::string& stem) {
  std::vector<std::string> pickles, others;
  for (const std::string& name : file_names(folder)) {
    if (ends_with_any(name, {".bin", ".pt", ".pth", ".ckpt"})) pickles.push_back(name);
    if (ends_with_any(name, {".safetensors", ".gguf", ".h5", ".msgpack", ".onnx"})) others.push_back(name);
  }
  const std::string wanted = stem + ".safetensors";
  if (!pickles.empty() && others.empty()) {
    const bool usual = std::any_of(pickles.begin(), pickles.end(), [](const std::string& name) {
      return name.starts_with("pytorch_model") || name.starts_with("adapter_model");
    });
    throw data_error("there is no {}, only {}, a pickle; a pickle may hold any program, so none is loaded", wanted,
                     join(pickles, ", "))
        .at(folder.string())
        .hint(fmt::format("espalier convert {0} {1}   (its tensors are read, nothing is executed)",
                          (usual ? folder : folder / pickles.front()).string(), folder.string()));
  }
  Error error = data_error("there is neither {0} nor {0}.index.json{1}", wanted,
                           others.empty() ? "" : "; the folder holds " + join(others, ", "));
  throw std::move(error).at(folder.string()).hint("give the folder of a Hugging Face model, with its weights as safetensors");
}

bool plain_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

}  // namespace

SafetensorsFolder::SafetensorsFolder(const fs::path& path, const std::string& stem) : path_(path) {
  std::error_code failed;
  if (!fs::exists(path, failed)) throw data_error("there is no such folder").at(path.string());
  const fs::path single = path / (stem + ".safetensors"), index = path / (stem + ".safetensors.index.json");
  if (!fs::is_directory(path, failed)) {
    add_file(path);
  } else if (fs::exists(single, failed)) {
    add_file(single);
  } else if (fs::exists(index, failed)) {
    read_index(index);
  } else {
    refuse(path, stem);
  }
}

void SafetensorsFolder::add_file(const fs::path& file) {
  const Safetensors read(file);
  files_.push_back(file);
  tensors_.insert(read.tensors().begin(), read.tensors().end());
  for (const auto& [key, value] : read.metadata()) metadata_[key] = value;
}

void SafetensorsFolder::read_index(const fs::path& index) {
  const std::string place = index.string();
  const nlohmann::json root = read_json(index);
  const nlohmann::json& weight_map = json_object(root, "weight_map", place);
  if (weight_map.empty()) throw data_error("\"weight_map\" names no tensor").at(place);

  Problems problems;
  std::map<std::string, std::set<std::string>> shards;  // file name -> the tensors it should hold
  for (const auto& item : weight_map.items()) {
    if (!item.value().is_string()) {
      problems.add(place,
                   fmt::format("tensor '{}' is placed in {}; expected a file name", item.key(), describe_json(item.value())));
    } else if (const std::string shard = item.value().get<std::string>(); !plain_file_name(shard)) {
      problems.add(place, fmt::format("tensor '{}' is placed in \"{}\"; expected the name of a file beside the index", item.key(),
                                      printable(shard, 200)));
    } else {
      shards[shard].insert(item.key());
    }
  }
  std::map<std::string, std::string> holder;  // tensor -> the shard that was read with it
  for (const auto& [shard, wanted] : shards) {
    std::error_code failed;
    if (!fs::exists(path_ / shard, failed)) {
      problems.add(place, fmt::format("the shard {} is not in the folder", printable(shard, 200)), "download the missing files");
      continue;
    }
    const Safetensors file(path_ / shard);
    files_.push_back(path_ / shard);
    for (const auto& [key, value] : file.metadata()) metadata_[key] = value;
    for (const std::string& name : wanted) {
      if (file.find(name) == nullptr)
        problems.add(place, fmt::format("tensor '{}' is not in {}, where the index places it", name, shard));
    }
    for (const auto& [name, view] : file.tensors()) {
      const auto [at, fresh] = holder.emplace(name, shard);
      if (!fresh) {
        problems.add(place, fmt::format("tensor '{}' is both in {} and in {}", name, at->second, shard));
      } else if (!weight_map.contains(name)) {
        problems.add(place, fmt::format("tensor '{}' is in {}, but not in the index", name, shard));
      } else {
        tensors_.emplace(name, view);
      }
    }
  }
  problems.raise(ErrorKind::data, place + ": the index and the shards do not fit together");
}

std::vector<std::string> SafetensorsFolder::names() const { return names_of(tensors_); }

const TensorView* SafetensorsFolder::find(std::string_view name) const { return find_tensor(tensors_, name); }

const TensorView& SafetensorsFolder::at(std::string_view name) const { return tensor_at(tensors_, name, path_.string()); }

}  // namespace espalier
