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
    text_ = text;
    std::vector<Cut> cuts;
    pipeline_.added->cut(text, false, cuts);
    for (const Cut& cut : cuts) {
      if (cut.id >= 0) {
        add(cut.id, text.substr(static_cast<size_t>(cut.range.begin), static_cast<size_t>(cut.range.end - cut.range.begin)),
            cut.range, next_word());
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
        add(cut.id, part(normal, cut.range), normal.origin(cut.range), next_word());
        continue;
      }
      words_.clear();
      if (pipeline_.pre_tokenizer != nullptr) {
        pipeline_.pre_tokenizer->split(normal.text, cut.range, words_);
      } else {
        words_.push_back(cut.range);
      }
      for (const Span& word : words_) last_step(normal, word);
    }
  }

  void last_step(const NormalText& normal, Span word) {
    if (pipeline_.byte_level) {
      pipeline_.byte_level->split(normal, word, changed_, changed_words_);
    } else if (pipeline_.metaspace) {
      pipeline_.metaspace->split(normal, word, changed_, changed_words_);
    } else {
      return tokenize(normal, word);
    }
    for (const Span& part : changed_words_) tokenize(changed_, part);
  }

  void tokenize(const NormalText& normal, Span word) {
    pieces_.clear();
    pipeline_.model->tokenize(part(normal, word), pieces_);
    const int32_t index = next_word();
    for (const Piece& piece : pieces_) {
      const Span range = {word.begin + piece.range.begin, word.begin + piece.range.end};
      add(piece.id, {}, normal.origin(range), index);
    }
  }

  // `matched` is the text of an added token; a token of the model is its own.
  void add(int32_t id, std::string_view matched, Span origin, int32_t word) {
    const std::optional<Trim>& trim = pipeline_.post_processor.trim;
    if (!trim) return out_.add(id, origin, word);
    if (matched.empty()) matched = *pipeline_.model->token(id);
    out_.add(id, trimmed(text_, matched, origin, trim->add_prefix_space && origin.begin == 0), word);
    const Span first = trimmed(text_, matched, origin, trim->add_prefix_space);
    out_.first_offsets.emplace_back(first.begin, first.end);
  }

  static std::string_view part(const NormalText& normal, Span range) {
    return std::string_view(normal.text).substr(static_cast<size_t>(range.begin), static_cast<size_t>(range.end - range.begin));
  }

  int32_t next_word() { return word_ >= 0 ? word_ : count_++; }

  const Pipeline& pipeline_;
  PieceList& out_;
  int32_t word_;
  int32_t count_ = 0;
  std::string_view text_;
  std::vector<Cut> cuts_;
  std::vector<Span> words_, changed_words_;
  NormalText changed_;
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
