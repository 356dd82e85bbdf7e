#include "espalier/text/tokenizer.h"

#include "espalier/base/error.h"
#include "espalier/base/files.h"
#include "espalier/text/pipeline.h"

namespace espalier {
namespace {

constexpr int64_t kUnlimited = int64_t{1} << 40;

void refuse_windows(const Limit& limit) {
  if (limit.too_long == Long::windows) throw bug_error("windows give several encodings: call encode_windows");
}

void check_stride(const Limit& limit, int64_t budget) {
  if (limit.max_length > 0 && (limit.stride < 0 || limit.stride >= budget)) {
    throw usage_error("a stride of {} does not fit into windows of {} pieces", limit.stride, budget)
        .hint("choose a smaller stride or a larger maximum length");
  }
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<Pipeline> pipeline, SpecialIds specials, std::optional<int64_t> max_length,
                     std::map<std::string, std::string> files)
    : pipeline_(std::move(pipeline)), specials_(specials), max_length_(max_length), files_(std::move(files)) {}

Tokenizer::~Tokenizer() = default;

int64_t Tokenizer::budget(const Limit& limit, bool pair) const {
  if (limit.max_length == 0) return kUnlimited;
  const int64_t left = limit.max_length - overhead(pair);
  if (left < 0) {
    throw usage_error("a maximum length of {} has no room for the {} special tokens", limit.max_length, overhead(pair))
        .hint("choose a larger maximum length");
  }
  return left;
}

Encoding Tokenizer::encode(std::string_view text, const Limit& limit) const {
  refuse_windows(limit);
  PieceList pieces;
  pipeline_->encode(text, pieces);
  shorten(pieces, budget(limit, false), limit.too_long);
  return pipeline_->post_processor.assemble(pieces, nullptr);
}

Encoding Tokenizer::encode_pair(std::string_view text, std::string_view pair, const Limit& limit) const {
  refuse_windows(limit);
  PieceList first, second;
  pipeline_->encode(text, first);
  pipeline_->encode(pair, second);
  const auto [keep_first, keep_second] =
      longest_first(static_cast<int64_t>(first.size()), static_cast<int64_t>(second.size()), budget(limit, true));
  shorten(first, keep_first, limit.too_long);
  shorten(second, keep_second, limit.too_long);
  return pipeline_->post_processor.assemble(first, &second);
}

Encoding Tokenizer::encode_words(std::span<const std::string> words, const Limit& limit) const {
  refuse_windows(limit);
  PieceList pieces;
  for (size_t i = 0; i < words.size(); ++i) pipeline_->encode(words[i], pieces, static_cast<int32_t>(i));
  shorten(pieces, budget(limit, false), limit.too_long);
  return pipeline_->post_processor.assemble(pieces, nullptr);
}

std::vector<Encoding> Tokenizer::encode_windows(std::string_view text, const Limit& limit) const {
  PieceList pieces;
  pipeline_->encode(text, pieces);
  const int64_t length = budget(limit, false);
  check_stride(limit, length);
  std::vector<Encoding> out;
  for (const PieceList& window : windows(pieces, length, limit.stride)) {
    out.push_back(pipeline_->post_processor.assemble(window, nullptr));
  }
  return out;
}

std::vector<Encoding> Tokenizer::encode_pair_windows(std::string_view text, std::string_view pair, const Limit& limit) const {
  PieceList first, second;
  pipeline_->encode(text, first);
  pipeline_->encode(pair, second);
  const int64_t length = budget(limit, true) - static_cast<int64_t>(first.size());
  if (length < 1 && second.size() > 0) {
    throw data_error("the first text of a pair has {} pieces and leaves no room for the second within {}", first.size(),
                     limit.max_length)
        .hint("choose a larger maximum length");
  }
  if (static_cast<int64_t>(second.size()) > length) check_stride(limit, length);
  std::vector<Encoding> out;
  for (const PieceList& window : windows(second, length, limit.stride)) {
    out.push_back(pipeline_->post_processor.assemble(first, &window));
  }
  return out;
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  std::vector<std::string> tokens;
  for (const int32_t id : ids) {
    const std::string& text = token(id);
    if (!skip_special || !is_special(id)) tokens.push_back(text);
  }
  return pipeline_->decoder->decode(tokens);
}

std::optional<int32_t> Tokenizer::id(std::string_view token) const {
  const AddedToken* added = pipeline_->added->find(token);
  return added != nullptr ? std::optional(added->id) : pipeline_->model->id(token);
}

const std::string& Tokenizer::token(int32_t id) const {
  if (const AddedToken* added = pipeline_->added->find(id); added != nullptr) return added->written;
  const std::string* token = pipeline_->model->token(id);
  if (token == nullptr) throw data_error("id {} names no token; the vocabulary has ids 0 to {}", id, size() - 1);
  return *token;
}

bool Tokenizer::is_special(int32_t id) const {
  const AddedToken* added = pipeline_->added->find(id);
  return added != nullptr && added->special;
}

int64_t Tokenizer::size() const { return std::max(pipeline_->model->last_id(), pipeline_->added->last_id()) + 1; }

int64_t Tokenizer::overhead(bool pair) const { return pipeline_->post_processor.overhead(pair); }

void Tokenizer::save(const fs::path& folder) const {
  make_folder(folder);
  for (const auto& [name, content] : files_) write_file(folder / name, content);
}

}  // namespace espalier
