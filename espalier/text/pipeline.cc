#include "espalier/text/pipeline.h"

#include <limits>

#include "espalier/base/error.h"

namespace espalier {
namespace {

// One text on its way; keeps the buffers that stretches share.
class Trip {
 public:
  Trip(const Pipeline& pipeline, PieceList& out, int32_t word) : pipeline_(pipeline), out_(out), word_(word) {}

  void text(std::string_view text) {
    std::vector<Cut> cuts;
    pipeline_.added->cut(text, false, cuts);
    for (const Cut& cut : cuts) {
      if (cut.id >= 0) {
        out_.add(cut.id, cut.range, next_word());
      } else {
        const auto begin = static_cast<size_t>(cut.range.begin), end = static_cast<size_t>(cut.range.end);
        stretch(normalize(pipeline_.normalizer.get(), text.substr(begin, end - begin), cut.range.begin));
      }
    }
  }

 private:
  void stretch(const NormalText& normal) {
    cuts_.clear();
    pipeline_.added->cut(normal.text, true, cuts_);
    for (const Cut& cut : cuts_) {
      if (cut.id >= 0) {
        out_.add(cut.id, normal.origin(cut.range), next_word());
        continue;
      }
      words_.clear();
      if (pipeline_.pre_tokenizer != nullptr) {
        pipeline_.pre_tokenizer->split(normal.text, cut.range, words_);
      } else {
        words_.push_back(cut.range);
      }
      for (const Span& word : words_) tokenize(normal, word);
    }
  }

  void tokenize(const NormalText& normal, Span word) {
    pieces_.clear();
    const auto begin = static_cast<size_t>(word.begin), end = static_cast<size_t>(word.end);
    pipeline_.model->tokenize(std::string_view(normal.text).substr(begin, end - begin), pieces_);
    const int32_t index = next_word();
    for (const Piece& piece : pieces_) {
      out_.add(piece.id, normal.origin({word.begin + piece.range.begin, word.begin + piece.range.end}), index);
    }
  }

  int32_t next_word() { return word_ >= 0 ? word_ : count_++; }

  const Pipeline& pipeline_;
  PieceList& out_;
  int32_t word_;
  int32_t count_ = 0;
  std::vector<Cut> cuts_;
  std::vector<Span> words_;
  std::vector<Piece> pieces_;
};

}  // namespace

void Pipeline::encode(std::string_view text, PieceList& pieces, int32_t word) const {
  // Normalisation may make a text several times longer, and offsets are 32 bits.
  constexpr size_t kLongest = std::numeric_limits<int32_t>::max() / 32;
  if (text.size() > kLongest) {
    throw data_error("a text has {} bytes; expected at most {}", text.size(), kLongest).hint("cut it into lines or paragraphs");
  }
  Trip(*this, pieces, word).text(text);
}

}  // namespace espalier
