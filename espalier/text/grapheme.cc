// The rules GB3 to GB13 of UAX 29, from the beginning of one cluster.
#include "espalier/text/grapheme.h"

#include "espalier/text/unicode.h"

namespace espalier {
namespace {

constexpr char32_t kJoiner = 0x200D;

// As tools/oracle/make_unicode_tables.py numbers them, in the upper four bits of the classes. extend_apart does not go on with
// an Indic conjunct.
enum class Kind : uint8_t {
  other,
  control,
  extend,
  spacing,
  prepend,
  pictographic,
  consonant,
  linker,
  extend_apart,
  lead,
  vowel,
  tail,
  syllable,
  regional
};

Kind kind_of(char32_t c) { return static_cast<Kind>(char_classes(c) >> kGraphemeShift); }

bool extends(Kind kind) { return kind == Kind::extend || kind == Kind::linker || kind == Kind::extend_apart; }

// 가 with a vowel and without a tail.
bool is_open(char32_t syllable) { return (syllable - 0xAC00) % 28 == 0; }

bool joins_hangul(char32_t c, Kind kind, Kind next) {
  if (kind == Kind::lead) return next == Kind::lead || next == Kind::vowel || next == Kind::syllable;
  const bool vowel = kind == Kind::vowel || (kind == Kind::syllable && is_open(c));
  if (vowel && next == Kind::vowel) return true;
  return next == Kind::tail && (vowel || kind == Kind::tail || kind == Kind::syllable);
}

class Cluster {
 public:
  explicit Cluster(char32_t c) { take(c, kind_of(c)); }

  /// Takes `c` if it belongs to the cluster.
  bool add(char32_t c) {
    const Kind kind = kind_of(c);
    if (!joins(c, kind)) return false;
    take(c, kind);
    return true;
  }

 private:
  bool joins(char32_t c, Kind kind) const {
    if (last_ == U'\r' && c == U'\n') return true;
    if (kind_ == Kind::control || kind == Kind::control) return false;
    if (joins_hangul(last_, kind_, kind) || extends(kind) || kind == Kind::spacing || kind_ == Kind::prepend) return true;
    if (kind == Kind::consonant) return linked_;
    if (kind == Kind::pictographic) return joined_;
    return kind == Kind::regional && regionals_ % 2 == 1;
  }

  void take(char32_t c, Kind kind) {
    joined_ = picture_ && c == kJoiner;
    picture_ = kind == Kind::pictographic || (picture_ && extends(kind) && c != kJoiner);
    conjunct_ = kind == Kind::consonant || (conjunct_ && (kind == Kind::extend || kind == Kind::linker));
    linked_ = conjunct_ && kind != Kind::consonant && (linked_ || kind == Kind::linker);
    regionals_ = kind == Kind::regional ? regionals_ + 1 : 0;
    last_ = c;
    kind_ = kind;
  }

  char32_t last_ = 0;
  Kind kind_ = Kind::other;
  bool picture_ = false, joined_ = false;   // a picture and marks; the same with a joiner behind them
  bool conjunct_ = false, linked_ = false;  // an Indic consonant and marks; a linker among them
  int regionals_ = 0;
};

}  // namespace

size_t grapheme_end(std::string_view text, size_t at) {
  Cluster cluster(next_char(text, at));
  while (at < text.size()) {
    size_t next = at;
    if (!cluster.add(next_char(text, next))) break;
    at = next;
  }
  return at;
}

}  // namespace espalier
