#include "espalier/io/safetensors.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/safetensors_header.h"

namespace espalier {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeader = 100'000'000;  // that of the reference library

// What people have in hand when it is no safetensors file.
std::string likely_cause(std::string_view text) {
  if (text.starts_with("version https://git-lfs")) return "this is a Git LFS pointer; fetch the file itself with `git lfs pull`";
  if (text.starts_with("PK")) return "this looks like a file of torch.save; write it as safetensors: espalier convert FILE OUT";
  if (text.starts_with("<")) return "this looks like a web page; the download went wrong";
  return "the file is not safetensors, or was cut off; download or write it again";
}

uint64_t little_endian(std::string_view text) {
  uint64_t value = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) value |= uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  return value;
}

std::string_view header_text(std::string_view text, const std::string& place) {
  if (text.empty()) throw data_error("the file is empty; expected safetensors").at(place);
  if (text.size() < kLengthBytes) {
    throw data_error("the file has {} bytes; a safetensors file begins with 8 bytes of header length", text.size())
        .at(place)
        .hint(likely_cause(text));
  }
  const uint64_t length = little_endian(text);
  if (length > kMaxHeader) {
    throw data_error("the header claims {} bytes; at most {} are allowed", length, kMaxHeader).at(place).hint(likely_cause(text));
  }
  if (length > text.size() - kLengthBytes) {
    throw data_error("the header claims {} bytes, but only {} follow", length, text.size() - kLengthBytes)
        .at(place)
        .hint(likely_cause(text));
  }
  const std::string_view header = text.substr(kLengthBytes, length);
  if (!header.starts_with('{')) {
    throw data_error("the header begins with \"{}\"; expected \"{{\"", printable(header.substr(0, 1)))
        .at(place)
        .hint(likely_cause(text));
  }
  return header;
}

}  // namespace

Safetensors::Safetensors(const fs::path& path) : path_(path) {
  const auto file = std::make_shared<const MappedFile>(path);
  const std::string_view header = header_text(file->text(), path.string());
  const std::span<const std::byte> data = file->bytes().subspan(kLengthBytes + header.size());
  SafetensorsHeader read = read_safetensors_header(header, static_cast<int64_t>(data.size()), path.string());
  metadata_ = std::move(read.metadata);
  for (SafetensorsEntry& entry : read.entries) {
    TensorView view{entry.dtype, std::move(entry.shape), data.subspan(entry.begin, entry.end - entry.begin), file};
    tensors_.emplace(std::move(entry.name), std::move(view));
  }
}

std::vector<std::string> Safetensors::names() const { return names_of(tensors_); }

const TensorView* Safetensors::find(std::string_view name) const { return find_tensor(tensors_, name); }

const TensorView& Safetensors::at(std::string_view name) const { return tensor_at(tensors_, name, path_.string()); }

}  // namespace espalier
