// A scanner that tries every kind of token at a place and takes the longest, the first of equals. The rules were found by giving
// lines to Stanford's tokenizer (CoreNLP 3.4.1) and looking at what it did; docs/metrics.md says how far they go.
#include "espalier/metrics/ptb_tokens.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>
#include <vector>

#include "espalier/base/text.h"
#include "espalier/metrics/ptb_abbreviations.h"

namespace espalier {
namespace {

// A token is text[at, at + keep), found by looking at `length` characters: those behind `keep` were only asked about.
struct Match {
  size_t length = 0, keep = 0;
  std::string text;  // of the token where it is not what stands there
};

using Points = std::vector<char32_t>;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : p_(text_points(text)) {}

  Tokens run() {
    while (at_ < p_.size()) {
      if (python_space(p_[at_])) {
        ++at_;
        continue;
      }
      const Match match = best();
      if (match.keep == 0) {
        ++at_;  // neither letter, digit nor known sign: dropped, as pictures are
        continue;
      }
      const bool clitic_stands = apostrophe(at_) || negation(at_) == match.keep;
      std::string token = match.text.empty() ? slice(at_, match.keep) : match.text;
      tokens_.push_back(clitic_stands ? replace_all(std::move(token), "\u2019", "'") : std::move(token));
      at_ += match.keep;
    }
    return std::move(tokens_);
  }

 private:
  char32_t at(size_t i) const { return i < p_.size() ? p_[i] : U'\0'; }
  std::string slice(size_t begin, size_t size) const {
    return points_text(Points(p_.begin() + std::ptrdiff_t(begin), p_.begin() + std::ptrdiff_t(begin + size)));
  }
  std::string lower_slice(size_t begin, size_t size) const { return lower_ascii(slice(begin, size)); }
  bool letter(size_t i) const { return i < p_.size() && python_letter(p_[i]); }
  bool digit(size_t i) const { return i < p_.size() && python_digit(p_[i]); }
  bool letter_or_digit(size_t i) const { return letter(i) || digit(i); }
  bool capital(size_t i) const { return at(i) >= 'A' && at(i) <= 'Z'; }
  bool ascii_letter(size_t i) const { return capital(i) || (at(i) >= 'a' && at(i) <= 'z'); }
  bool apostrophe(size_t i) const { return at(i) == '\'' || at(i) == 0x2019 || at(i) == 0x92; }
  bool any_apostrophe(size_t i) const {
    return apostrophe(i) || at(i) == '`' || at(i) == 0x2018 || at(i) == 0x201B || at(i) == 0x91;
  }
  bool one_of(size_t i, std::u32string_view set) const { return i < p_.size() && set.find(p_[i]) != set.npos; }
  bool begins(size_t i, std::string_view word) const {  // in either case
    if (i + word.size() > p_.size()) return false;
    for (size_t k = 0; k < word.size(); ++k) {
      const char32_t c = p_[i + k];
      if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != static_cast<char32_t>(word[k])) return false;
    }
    return true;
  }

  template <class Is>
  size_t run_of(size_t i, Is is) const {
    size_t end = i;
    while (end < p_.size() && is(end)) ++end;
    return end - i;
  }
  size_t letters(size_t i) const {
    return run_of(i, [this](size_t k) { return letter(k); });
  }
  size_t digits(size_t i) const {
    return run_of(i, [this](size_t k) { return digit(k); });
  }
  size_t alnums(size_t i) const {
    return run_of(i, [this](size_t k) { return letter_or_digit(k); });
  }

  // Letters, then letters and digits; parts joined by one . ! or ? without a blank: "end.The".
  size_t word(size_t i) const {
    if (!letter(i)) return 0;
    size_t end = i + alnums(i);
    while (one_of(end, U".!?") && letter(end + 1)) end += 1 + alnums(end + 1);
    return end - i;
  }
  // 's 'd 'm 're 've 'll 'em
  size_t clitic(size_t i) const {
    if (!any_apostrophe(i) || at(i) == '`') return 0;
    for (const std::string_view tail : {"re", "ve", "ll", "em", "s", "d", "m"}) {
      if (begins(i + 1, tail)) return 1 + tail.size();
    }
    return 0;
  }
  size_t negation(size_t i) const { return begins(i, "n") && apostrophe(i + 1) && begins(i + 2, "t") ? 3 : 0; }

  size_t plain_number(size_t i) const {
    size_t end = i + digits(i);
    if (end == i && !(one_of(i, U".:,") && digit(i + 1))) return 0;
    while (one_of(end, U".:,\u00AD") && digit(end + 1)) end += 1 + digits(end + 1);
    return end - i;
  }
  // With a sign; a leading comma or point is not taken into words.
  size_t number(size_t i) const {
    const size_t sign = one_of(i, U"+-") ? 1 : 0, size = plain_number(i + sign);
    return size == 0 ? 0 : size + sign;
  }
  // Letters, digits or a number, hyphens between such: "x-ray", "3-year-old", "o'clock".
  size_t thing(size_t i) const {
    const auto part = [&](size_t k, bool first) {
      const size_t borrowed = one_of(k, U"dDoOlL") && any_apostrophe(k + 1) && letter_or_digit(k + 2) ? 2 : 0;
      const bool led = one_of(k + borrowed, U".:,");
      const size_t number_size = led || !first ? 0 : number(k + borrowed);
      const size_t size = std::max(alnums(k + borrowed), number_size);
      return size == 0 ? 0 : borrowed + size;
    };
    size_t end = i + part(i, true);
    if (end == i) return 0;
    while (at(end) == '-' && part(end + 1, false) > 0) end += 1 + part(end + 1, false);
    return end - i;
  }
  // "10,000-foot", "foo_bar", "U.S.-based"
  size_t hyphenated(size_t i) const {
    if (!letter_or_digit(i)) return 0;
    size_t end = i + run_of(i, [this](size_t k) { return letter_or_digit(k) || one_of(k, U".,"); }), best = 0;
    while (one_of(end, U"-_") && letter_or_digit(end + 1)) {
      size_t next = end + 1 + alnums(end + 1);
      size_t initials = end + 1;
      while (ascii_letter(initials) && at(initials + 1) == '.') initials += 2;
      if (initials > end + 3) next = initials;
      best = end = next;
    }
    return best == 0 ? 0 : best - i;
  }
  // "and/or", "1/2-inch"; at most three parts
  size_t slashed(size_t i) const {
    const auto plain = [this](size_t k) { return run_of(k, [this](size_t m) { return at(m) < 0x80 && letter_or_digit(m); }); };
    const auto part = [this, plain](size_t k) {
      size_t end = k + plain(k);
      for (int more = 0; end > k && more < 2 && at(end) == '-' && ascii_letter(end + 1); ++more)
        end += 1 + run_of(end + 1, [this](size_t m) { return ascii_letter(m); });
      return end - k;
    };
    size_t end = i + part(i);
    int parts = 1;
    while (end > i && parts < 3 && at(end) == '/' && part(end + 1) > 0) end += 1 + part(end + 1), ++parts;
    return parts > 1 ? end - i : 0;
  }
  size_t date(size_t i) const {
    const size_t a = digits(i), b = a > 0 ? digits(i + a + 1) : 0, c = b > 0 ? digits(i + a + b + 2) : 0;
    const bool marks = one_of(i + a, U"-/") && one_of(i + a + b + 1, U"-/");
    return marks && a <= 2 && b >= 1 && b <= 2 && c >= 2 ? a + b + 2 + std::min<size_t>(c, 4) : 0;
  }
  size_t fraction(size_t i) const {
    const auto plain = [this](size_t k) {
      const size_t above = digits(k), below = above > 0 && one_of(k + above, U"/\u2044") ? digits(k + above + 1) : 0;
      return below > 0 && above <= 4 ? above + 1 + std::min<size_t>(below, 4) : 0;
    };
    const size_t whole = digits(i);
    const bool mixed = whole > 0 && whole <= 4 && one_of(i + whole, U"- \u00A0") && plain(i + whole + 1) > 0;
    return mixed ? whole + 1 + plain(i + whole + 1) : plain(i);
  }
  // AT&T, A+B: capitals only
  size_t company(size_t i) const {
    const auto capitals = [this](size_t k) { return run_of(k, [this](size_t m) { return capital(m); }); };
    size_t end = i + capitals(i);
    const size_t first = end;
    while (end > i && one_of(end, U"&+") && capital(end + 1)) end += 1 + capitals(end + 1);
    return end > first ? end - i : 0;
  }
  // Words that hold an apostrophe: O'Neil, ma'am, 'n', 'til, the '80s; or end with one: ol', y' before a letter.
  size_t apostrophe_word(size_t i) const {
    size_t best = 0;
    const auto offer = [&best](bool fits, size_t size) { best = fits ? std::max(best, size) : best; };
    offer(apostrophe(i) && begins(i + 1, "n") && !letter(i + 2), apostrophe(i + 2) ? 3 : 2);
    offer(one_of(i, U"lLdDjJ") && apostrophe(i + 1), 2);
    offer(begins(i, "ol") && apostrophe(i + 2), 3);
    offer(begins(i, "somethin") && apostrophe(i + 8), 9);
    offer(apostrophe(i) && begins(i + 1, "em"), 3);
    offer(apostrophe(i) && begins(i + 1, "till"), 5);
    offer(apostrophe(i) && begins(i + 1, "til"), 4);
    offer(apostrophe(i) && begins(i + 1, "cause"), 6);
    offer(apostrophe(i) && one_of(i + 1, U"23456789") && begins(i + 2, "0s"), 4);
    offer(one_of(i, U"ABCDEFGHJKLMNOPQRSTUVWXZn") && any_apostrophe(i + 1) && letters(i + 2) >= 2, 2 + letters(i + 2));
    const size_t front = letters(i);
    const bool open = front > 1 && one_of(i + front - 1, U"aeiouyAEIOUY") && any_apostrophe(i + front);
    offer(open && (one_of(i + front + 1, U"aeiou") || capital(i + front + 1)), front + 1 + letters(i + front + 1));
    offer(begins(i, "cont") && apostrophe(i + 4) && begins(i + 5, "d"), at(i + 6) == '.' ? 7 : 6);
    for (const std::string_view whole : {"c'mon", "e'er", "ev'ry", "li'l", "nat'l", "nor'easter", "s'mores"}) {
      offer(begins(i, whole), whole.size());
    }
    return best;
  }
  // Several letters with periods, or a known abbreviation, with its last period: "U.S.", "Mr.", "b." (but not "B. It").
  Match abbreviation(size_t i) const {
    if (!letter(i)) return {};
    size_t end = i;
    while (ascii_letter(end) && at(end + 1) == '.') end += 2;
    if (end > i && !letter(end)) {
      const bool alone = end == i + 2;
      if (alone && at(end) == ' ') {
        const size_t next = i + 3;
        if (begins_sentence(slice(next, letters(next))) && python_space(at(next + letters(next)))) return {};
      }
      return {end - i, end - i, ""};
    }
    for (const std::string_view degree : {"ph.d.", "ed.d."}) {
      if (begins(i, degree)) return {degree.size(), degree.size(), ""};
    }
    const size_t size = letters(i);
    if (at(i + size) != '.') return {};
    const std::string name = slice(i, size);
    const bool known =
        ptb_abbreviation(name) || (ptb_abbreviation_before_number(name) &&
                                   digit(i + size + 1 + run_of(i + size + 1, [this](size_t k) { return at(k) == ' '; })));
    return known ? Match{size + 1, size + 1, ""} : Match{};
  }
  size_t url(size_t i) const {
    const auto run = [this](size_t k, std::u32string_view out) {
      return run_of(k, [this, out](size_t m) { return !python_space(p_[m]) && !one_of(m, out); });
    };
    const auto without_end = [this](size_t k, size_t size) {
      while (size > 0 && one_of(k + size - 1, U".!?,;:&'\"()[]{}-")) --size;
      return size;
    };
    for (const std::string_view start : {"http://", "https://", "ftp://"}) {
      if (!begins(i, start)) continue;
      const size_t rest = without_end(i + start.size(), run(i + start.size(), U"<>|()[]{}\"`"));
      return rest > 0 ? start.size() + rest : 0;
    }
    const size_t size = run(i, U"`<>|!?,:/$()[]{}\"'");
    const std::string host = lower_slice(i, size);
    size_t best = 0;
    for (const std::string_view end : {".com", ".net", ".org", ".edu"}) {
      for (size_t found = host.find(end); found != std::string::npos && found > 0; found = host.find(end, found + 1)) {
        const size_t chars = run_bytes(host, found + end.size());
        if (!letter(i + chars)) best = std::max(best, chars);
      }
    }
    if (best == 0 && host.starts_with("www.")) {
      const size_t chars = without_end(i, size), dot = host.rfind('.', chars - 1);
      if (dot > 4 && dot != std::string::npos && chars - dot - 1 >= 2 && chars - dot - 1 <= 4) best = chars;
    }
    if (best > 0 && at(i + best) == '/') {
      const size_t path = without_end(i + best + 1, run(i + best + 1, U"`<>|"));
      if (path > 1) best += 1 + path;
    }
    return best;
  }
  static size_t run_bytes(const std::string& text, size_t bytes) {
    return text_points(std::string_view(text).substr(0, bytes)).size();
  }
  size_t email(size_t i) const {
    constexpr size_t kLongestName = 256;  // so that a text without blanks takes no square of its length
    if (!ascii_letter(i) && !digit(i)) return 0;
    const size_t name =
        run_of(i, [this, i](size_t k) { return k < i + kLongestName && !python_space(p_[k]) && !one_of(k, U"@\"<>|(){}"); });
    if (at(i + name) != '@') return 0;
    size_t host = run_of(i + name + 1, [this](size_t k) { return letter_or_digit(k) || one_of(k, U".-"); });
    while (host > 0 && !letter_or_digit(i + name + host)) --host;
    return host > 0 ? name + 1 + host : 0;
  }
  // <br/>, </a>, <a href="x">; comments
  size_t tag(size_t i) const {
    if (at(i) != '<') return 0;
    if (one_of(i + 1, U"!?")) {
      const size_t body = run_of(i + 2, [this](size_t k) { return !one_of(k, U"<>"); });
      return ascii_letter(i + 2) && at(i + 2 + body) == '>' ? body + 3 : 0;
    }
    const auto name = [this](size_t k) {
      return ascii_letter(k) ? run_of(k, [this](size_t m) { return ascii_letter(m) || digit(m) || one_of(m, U"_:.-"); }) : 0;
    };
    size_t end = at(i + 1) == '/' ? i + 2 : i + 1;
    if (name(end) == 0) return 0;
    end += name(end);
    while (at(end) == ' ' && name(end + 1) > 0) {
      end += 1 + name(end + 1);
      if (at(end) != '=') continue;
      const char32_t quote = at(end + 1);
      if (quote != '"' && quote != '\'') return 0;
      end += 2 + run_of(end + 2, [this, quote](size_t k) { return at(k) != quote; }) + 1;
    }
    while (at(end) == ' ') ++end;
    if (at(end) == '/') ++end;
    return at(end) == '>' ? end + 1 - i : 0;
  }
  size_t smiley(size_t i) const {
    size_t end = i + (one_of(i, U"<>") ? 1 : 0);
    if (!one_of(end, U":;=")) return 0;
    ++end;
    if (one_of(end, U"-o*'") && one_of(end + 1, U"()DPdpO\\{@|[]")) ++end;
    return one_of(end, U"()DPdpO\\{@|[]") && !ascii_letter(end + 1) ? end + 1 - i : 0;
  }

  Match sign(size_t i) const {
    struct Written {
      std::string_view text, token;
    };
    static constexpr std::array<Written, 6> kEntities{
        {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "''"}, {"&apos;", "'"}, {"&nbsp;", ""}}};
    for (const Written& entity : kEntities) {
      if (begins(i, entity.text))
        return {entity.text.size(), entity.text.size(), std::string(entity.token.empty() ? "'" : entity.token)};
    }
    if (at(i) == '&' && at(i + 1) == '#' && digit(i + 2) && at(i + 2 + digits(i + 2)) == ';') {
      return {3 + digits(i + 2), 3 + digits(i + 2), ""};
    }
    for (const std::string_view bracket : {"-lrb-", "-rrb-", "-lcb-", "-rcb-", "-lsb-", "-rsb-"}) {
      if (begins(i, bracket)) return {bracket.size(), bracket.size(), ""};
    }
    const auto same = [&](char32_t c) { return run_of(i, [this, c](size_t k) { return at(k) == c; }); };
    const char32_t c = at(i);
    if (c == '.') {
      const size_t dots = same('.');
      return dots >= 3 ? Match{std::min<size_t>(dots, 5), std::min<size_t>(dots, 5), "..."} : Match{1, 1, ""};
    }
    if (c == 0x2026 || c == 0x85) return {1, 1, "..."};
    if (c == '!' || c == '?') {
      const size_t size = run_of(i, [this](size_t k) { return one_of(k, U"!?"); });
      return {size, size, ""};
    }
    if (c == '-') {
      const size_t size = same('-');
      return {size, size, size == 3 || size == 4 ? "--" : ""};
    }
    if (c >= 0x2012 && c <= 0x2015) return {1, 1, "--"};
    if (c == '"' || (c >= 0x2018 && c <= 0x201D) || c == 0xAB || c == 0xBB || c == 0x2039 || c == 0x203A) return {1, 1, "'"};
    if (c == '\'' || c == '`') return {1, 1, "'"};
    for (const char32_t many : U"@*_#") {
      if (c == many && c != 0) return {same(c), same(c), ""};
    }
    return symbol(i, c);
  }
  Match symbol(size_t i, char32_t c) const {
    switch (c) {
      case '(':
        return {1, 1, "-lrb-"};
      case ')':
        return {1, 1, "-rrb-"};
      case '[':
        return {1, 1, "-lsb-"};
      case ']':
        return {1, 1, "-rsb-"};
      case '{':
        return {1, 1, "-lcb-"};
      case '}':
        return {1, 1, "-rcb-"};
      case 0xA2:
        return {1, 1, "cents"};
      case 0xA3:
        return {1, 1, "#"};
      case 0x20AC:
      case 0x80:
        return {1, 1, "$"};
      case 0xBC:
        return {1, 1, "1/4"};
      case 0xBD:
        return {1, 1, "1/2"};
      case 0xBE:
        return {1, 1, "3/4"};
      case 0x2153:
        return {1, 1, "1/3"};
      case 0x2154:
        return {1, 1, "2/3"};
      default:
        break;
    }
    const bool known = (c > ' ' && c < 0x7F) || (c >= 0xA1 && c < 0x250 && !letter(i)) || (c >= 0x2016 && c < 0x2060) ||
                       (c >= 0x2070 && c < 0x20A0) || c == 0xA5 || (c >= 0x2100 && c < 0x2C00) || (c >= 0x3001 && c < 0x3021) ||
                       (c >= 0xFF01 && c < 0xFF66);
    return known && c != 0xAD ? Match{1, 1, ""} : Match{};
  }

  Match best() const {
    const size_t i = at_;
    Match best;
    const auto offer = [&best](size_t length, size_t keep, std::string text = "") {
      if (length > best.length && keep > 0) best = {length, keep, std::move(text)};
    };
    split_words(i, offer);
    const size_t whole = word(i);
    if (whole > 0) {
      // The word may end before any of its letters, where a clitic follows.
      for (const size_t cut : {whole}) {
        const size_t first = clitic(i + cut), second = first > 0 ? clitic(i + cut + first) : 0;
        if (first > 0) offer(cut + first + second, cut);
      }
      const size_t plain = letters(i);
      if (plain >= 2 && negation(i + plain - 1) && plain - 1 > 0 && !one_of(i + plain - 2, U"nN")) {
        offer(plain - 1 + 3 + clitic(i + plain + 2), plain - 1);
      }
      offer(whole, whole);
      // A period in front of another sign is an abbreviation's.
      if (at(i + whole) == '.' && one_of(i + whole + 1, U",;:")) offer(whole + 2, whole + 1);
    }
    for (const std::string_view prefix : {"anti-", "pro-"}) {
      if (begins(i, prefix)) offer(prefix.size(), prefix.size());
    }
    offer(apostrophe_word(i), apostrophe_word(i));
    if (one_of(i, U"yY") && apostrophe(i + 1) && letter(i + 2)) offer(3, 2);
    offer(url(i), url(i));
    offer(email(i), email(i));
    if (one_of(i, U"@#") && (ascii_letter(i + 1) || at(i + 1) == '_')) {
      const size_t name = run_of(i + 1, [this](size_t k) { return letter_or_digit(k) || at(k) == '_'; });
      offer(1 + name, 1 + name);
    }
    if (clitic(i) > 0 && !letter(i + clitic(i))) offer(clitic(i), clitic(i));
    if (negation(i) > 0 && !letter(i + 3)) offer(3, 3);
    for (const size_t size : {date(i), number(i), fraction(i), tag(i), thing(i), company(i), slashed(i), hyphenated(i)}) {
      offer(size, size);
    }
    const Match name = abbreviation(i);
    offer(name.length, name.keep);
    for (const std::string_view language : {"c++", "c#", "f#"}) {
      if (begins(i, language)) offer(language.size(), language.size());
    }
    const size_t capitals = run_of(i, [this](size_t k) { return capital(k); });
    if (at(i + capitals) == '$') offer(capitals + 1, capitals + 1);
    if (const size_t size = smiley(i); size > 0) {
      std::string face = replace_all(slice(i, size), "(", "-lrb-");
      offer(size, size, replace_all(std::move(face), ")", "-rrb-"));
    }
    const Match mark = sign(i);
    if (mark.length > best.length) best = mark;
    return best;
  }
  // can|not, gon|na, 't|is
  template <class Offer>
  void split_words(size_t i, Offer& offer) const {
    struct Split {
      std::string_view word;
      size_t first;
    };
    static constexpr std::array<Split, 8> kSplits{
        {{"cannot", 3}, {"gonna", 3}, {"gotta", 3}, {"lemme", 3}, {"gimme", 3}, {"wanna", 3}, {"'twas", 2}, {"'tis", 2}}};
    for (const Split& split : kSplits) {
      if (begins(i, split.word) && !letter(i + split.word.size())) offer(split.word.size() + 1, split.first);
    }
  }

  Points p_;
  size_t at_ = 0;
  Tokens tokens_;
};

}  // namespace

Tokens ptb_tokens(std::string_view text) {
  // What pycocoevalcap removes. It also lists brackets, but in capitals, which no token is any more.
  static const std::unordered_set<std::string> kRemoved{"'", "''", "`", "``", ".", "?", "!", ",", ":", "-", "--", "...", ";"};
  Tokens tokens;
  for (const std::string& token : Scanner(text).run()) {
    for (std::string& part : python_split(python_lower(token))) {
      if (!kRemoved.contains(part)) tokens.push_back(std::move(part));
    }
  }
  return tokens;
}

}  // namespace espalier
