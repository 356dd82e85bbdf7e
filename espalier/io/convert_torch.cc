#include "espalier/io/convert_torch.h"

#include <algorithm>
#include <array>
#include <deque>
#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/io/torch_file.h"

namespace espalier {
namespace {

constexpr int64_t kMaxExpansion = 16;  // bytes of tensors for each byte of the files
constexpr std::array<std::pair<const char*, const char*>, 2> kStems{
    {{"pytorch_model", "model"}, {"adapter_model", "adapter_model"}}};
/// What belongs to a model beside its weights.
constexpr std::array kCompanions{"config.json",
                                 "generation_config.json",
                                 "adapter_config.json",
                                 "tokenizer.json",
                                 "tokenizer_config.json",
                                 "special_tokens_map.json",
                                 "added_tokens.json",
                                 "vocab.txt",
                                 "vocab.json",
                                 "merges.txt",
                                 "sentencepiece.bpe.model",
                                 "spiece.model",
                                 "modules.json",
                                 "sentence_bert_config.json",
                                 "1_Pooling/config.json"};

struct Source {
  std::vector<fs::path> files;
  std::string stem = "model";                // of what is written
  std::map<std::string, std::string> index;  // tensor -> file, where there is an index
};

Source read_index(const fs::path& path) {
  const std::string place = path.string();
  const nlohmann::json root = read_json(path);
  Source source;
  std::set<std::string> names;
  for (const auto& [tensor, file] : json_object(root, "weight_map", place).items()) {
    if (!file.is_string() || fs::path(file.get<std::string>()).filename() != file.get<std::string>() || file == "." ||
        file == "..") {
      throw data_error("tensor '{}' is placed in {}; expected the name of a file beside the index", printable(tensor, 200),
                       describe_json(file))
          .at(place);
    }
    source.index[tensor] = file.get<std::string>();
    names.insert(file.get<std::string>());
  }
  if (names.empty()) throw data_error("\"weight_map\" names no tensor").at(place);
  for (const std::string& name : names) source.files.push_back(path.parent_path() / name);
  return source;
}

Source find_source(const fs::path& from) {
  std::error_code failed;
  if (!fs::exists(from, failed)) throw usage_error("there is no such file or folder").at(from.string());
  const std::string name = from.filename().string();
  if (name.ends_with(".index.json")) return read_index(from);
  Source source;
  if (!fs::is_directory(from, failed)) {
    if (name == "adapter_model.bin") source.stem = "adapter_model";
    source.files.push_back(from);
    return source;
  }
  for (const auto& [old_stem, stem] : kStems) {
    const fs::path single = from / fmt::format("{}.bin", old_stem), index = from / fmt::format("{}.bin.index.json", old_stem);
    if (fs::exists(single, failed)) {
      source.files.push_back(single);
    } else if (fs::exists(index, failed)) {
      source = read_index(index);
    } else {
      continue;
    }
    source.stem = stem;
    return source;
  }
  throw data_error("there is neither pytorch_model.bin nor pytorch_model.bin.index.json nor adapter_model.bin")
      .at(from.string())
      .hint("name the file itself: espalier convert FILE OUT");
}

/// All tensors of all files, and where the index and the files disagree.
std::map<std::string, StridedTensor> gather(const Source& source, const ConvertOptions& options, int64_t& file_bytes, Log& log) {
  std::map<std::string, StridedTensor> tensors;
  std::map<std::string, std::string> holder;
  Problems problems;
  for (const fs::path& path : source.files) {
    const TorchFile file(path, options.check_sums);
    const std::string name = path.filename().string();
    file_bytes += file.file_bytes();
    if (!file.section().empty()) {
      log.note(fmt::format("{}: the tensors of '{}'; left out: {}", name, file.section(),
                           file.left_out().empty() ? "nothing" : join(file.left_out(), ", ")));
    }
    for (const auto& [tensor, view] : file.tensors()) {
      const auto [at, fresh] = holder.emplace(tensor, name);
      if (!fresh) problems.add(path.string(), fmt::format("tensor '{}' is in {} too", printable(tensor, 200), at->second));
      if (!source.index.empty() && !source.index.contains(tensor)) {
        problems.add(path.string(), fmt::format("tensor '{}' is not in the index", printable(tensor, 200)));
      }
      tensors.emplace(tensor, view);
    }
  }
  for (const auto& [tensor, file] : source.index) {
    const auto at = holder.find(tensor);
    if (at != holder.end() && at->second == file) continue;
    problems.add(file, fmt::format("tensor '{}' is not there, where the index places it", printable(tensor, 200)));
  }
  problems.raise(ErrorKind::data, "the index and the shards do not fit together");
  return tensors;
}

/// Few bytes may describe much: a single number expanded to a billion, a storage named by thousands of tensors.
void check_expansion(const std::map<std::string, StridedTensor>& tensors, int64_t file_bytes, const std::string& place) {
  int64_t total = 0, limit = 0;
  if (__builtin_mul_overflow(file_bytes, kMaxExpansion, &limit)) limit = INT64_MAX;
  for (const auto& [name, tensor] : tensors) {
    if (!__builtin_add_overflow(total, tensor.byte_size(), &total) && total <= limit) continue;
    throw data_error("the tensors would take more than {} times the file's {}; '{}' has shape {}", kMaxExpansion,
                     human_bytes(file_bytes), printable(name, 200), shape_text(tensor.shape))
        .at(place)
        .hint("it holds expanded views, or was made to fill a disk");
  }
}

void note_tied(const std::map<std::string, StridedTensor>& tensors, Log& log) {
  std::map<const std::byte*, std::vector<std::string>> groups;
  for (const auto& [name, tensor] : tensors) {
    std::vector<std::string>& group = groups[tensor.bytes.data()];
    if (group.empty() || tensor.same_elements(tensors.at(group.front()))) group.push_back(name);
  }
  for (const auto& [at, names] : groups) {
    if (names.size() > 1) log.note(fmt::format("tied, written under each name: {}", join(names, " = ")));
  }
}

std::vector<std::string> copy_companions(const fs::path& from, const fs::path& to) {
  std::vector<std::string> copied;
  std::error_code failed;
  if (fs::equivalent(from, to, failed)) return copied;
  for (const char* name : kCompanions) {
    if (!fs::is_regular_file(from / name, failed)) continue;
    if (fs::exists(to / name, failed)) continue;
    make_folder((to / name).parent_path());
    write_file(to / name, read_file(from / name));
    copied.emplace_back(name);
  }
  return copied;
}

void refuse_present(const fs::path& path) {
  std::error_code failed;
  if (!fs::exists(path, failed)) return;
  throw usage_error("the file is there already").at(path.string()).hint("remove it, or name another place");
}

}  // namespace

Conversion convert_torch(const fs::path& from, const fs::path& to, const ConvertOptions& options, Log& log) {
  const Source source = find_source(from);
  const bool single = to.extension() == ".safetensors";
  refuse_present(single ? to : to / (source.stem + ".safetensors"));
  if (!single) refuse_present(to / (source.stem + ".safetensors.index.json"));

  int64_t file_bytes = 0;
  const std::map<std::string, StridedTensor> tensors = gather(source, options, file_bytes, log);
  check_expansion(tensors, file_bytes, from.string());
  note_tied(tensors, log);

  Conversion done;
  std::deque<std::string> copies;  // of the views that are not row-major
  std::vector<NamedTensor> named;
  for (const auto& [name, tensor] : tensors) {
    std::span<const std::byte> bytes;
    if (tensor.contiguous()) {
      bytes = tensor.bytes.first(size_t(tensor.byte_size()));
    } else {
      bytes = std::as_bytes(std::span(copies.emplace_back(row_major(tensor))));
    }
    named.push_back({name, tensor.dtype, tensor.shape, bytes});
    done.bytes += int64_t(bytes.size());
  }
  done.tensors = int64_t(named.size());
  if (single) {
    write_safetensors(to, named, {{"format", "pt"}});
    done.files = {to};
    return done;
  }
  make_folder(to);
  done.files = write_sharded(to, named, kShardBytes, {{"format", "pt"}}, source.stem);
  const fs::path folder = source.files[0].has_parent_path() ? source.files[0].parent_path() : fs::path(".");
  done.copied = copy_companions(folder, to);
  return done;
}

}  // namespace espalier
