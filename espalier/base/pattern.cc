// Patterns: check, expand braces into alternatives, cut into parts, match part by part with one backtracking point.
#include "espalier/base/pattern.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

constexpr size_t kMostAlternatives = 4096;

/// A character and where it stands in the user's text, so that errors found after expansion still point there.
struct Char {
  char c;
  size_t at;
};
using Chars = std::vector<Char>;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_number(std::string_view part) {
  return !part.empty() && part.size() < 18 && part.find_first_not_of("0123456789") == std::string_view::npos;
}

Error broken(const std::string& text, size_t at, const std::string& message) {
  return usage_error("the pattern '{}' is broken at character {}: {}", printable(text, 120), at + 1, message);
}

/// What stands between two separators: a range of indices, as Python slices them, or with '-' both ends included.
struct Range {
  std::optional<int64_t> first, last;  // last is included
  bool last_excluded = false;
  bool holds(int64_t index, const std::function<int64_t()>& count) const {
    const auto from_start = [&](int64_t bound) { return bound < 0 ? bound + count() : bound; };
    if (first && index < from_start(*first)) return false;
    return !last || index < from_start(*last) + (last_excluded ? 0 : 1);
  }
};

Range parse_range(const std::string& text, std::string_view item, size_t at) {
  const auto number = [&](std::string_view word) {
    const auto value = word.starts_with('+') ? std::nullopt : parse_int(word);
    if (!value || std::abs(*value) > 1'000'000'000) {
      throw broken(text, at, fmt::format("'{}' is no index; expected [3], [0-5], [2:], [:3] or [-4:]", printable(item)));
    }
    return *value;
  };
  if (const size_t colon = item.find(':'); colon != std::string_view::npos) {
    const std::string_view low = item.substr(0, colon), high = item.substr(colon + 1);
    Range range;
    if (!low.empty()) range.first = number(low);
    if (!high.empty()) range.last = number(high);
    range.last_excluded = true;
    return range;
  }
  if (const size_t dash = item.find('-', 1); dash != std::string_view::npos) {
    const Range range{number(item.substr(0, dash)), number(item.substr(dash + 1))};
    if (*range.first < 0) throw broken(text, at, "a range with '-' counts from the start; write [-4:] for the last four");
    if (*range.last < *range.first) throw broken(text, at, fmt::format("the range {} is empty", item));
    return range;
  }
  const int64_t only = number(item);
  return {only, only};
}

}  // namespace

struct Pattern::Part {
  enum class Kind : uint8_t { glob, any, index, slash } kind = Kind::glob;
  std::string glob;
  std::vector<Range> ranges;
};

namespace {

/// Braces, brackets and spaces are in order; white space beside separators and braces goes.
Chars checked(const std::string& text) {
  std::vector<size_t> braces;
  std::optional<size_t> bracket;
  Chars out;
  bool space = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_space(c)) {
      space = true;
      continue;
    }
    const auto parting = [](char x) { return x == ',' || x == '|' || x == '{'; };
    if (space && !out.empty() && !parting(out.back().c) && !parting(c) && c != '}') {
      throw broken(text, at - 1, "a space inside a path").hint("separate alternatives by ','");
    }
    space = false;
    if (bracket && c != ']' && (c == '[' || c == '{' || c == '}' || c == '|' || c == '.' || c == '/')) {
      throw broken(text, *bracket, "'[' has no closing ']'");
    }
    if (c == '[') bracket = at;
    if (c == ']') {
      if (!bracket) throw broken(text, at, "']' has no opening '['");
      bracket.reset();
    }
    if (c == '{') braces.push_back(at);
    if (c == '}') {
      if (braces.empty()) throw broken(text, at, "'}' has no opening '{'");
      braces.pop_back();
    }
    if (c == '|' && !braces.empty()) throw broken(text, at, "'|' inside braces; use ','");
    out.push_back({c, at});
  }
  if (bracket) throw broken(text, *bracket, "'[' has no closing ']'");
  if (!braces.empty()) throw broken(text, braces.back(), "'{' has no closing '}'");
  if (out.empty()) throw usage_error("the pattern is empty").hint("write ** for everything");
  return out;
}

/// Cut at the separators that stand outside braces and brackets.
std::vector<Chars> cut(const Chars& chars, std::string_view separators) {
  std::vector<Chars> pieces(1);
  int depth = 0;
  for (const Char& one : chars) {
    if (one.c == '{' || one.c == '[') ++depth;
    if (one.c == '}' || one.c == ']') --depth;
    if (depth == 0 && separators.find(one.c) != std::string_view::npos) {
      pieces.emplace_back();
    } else {
      pieces.back().push_back(one);
    }
  }
  return pieces;
}

/// a{b,c}d -> abd, acd; the first brace is replaced and the rest is expanded in turn.
void expand(const std::string& text, const Chars& chars, std::vector<Chars>& out) {
  const auto open = std::find_if(chars.begin(), chars.end(), [](const Char& one) { return one.c == '{'; });
  if (open == chars.end()) {
    if (out.size() == kMostAlternatives) {
      throw usage_error("the pattern '{}' stands for more than {} alternatives", printable(text, 120), kMostAlternatives);
    }
    out.push_back(chars);
    return;
  }
  int depth = 0;
  const auto close = std::find_if(open, chars.end(), [&](const Char& one) {
    depth += one.c == '{' ? 1 : one.c == '}' ? -1 : 0;
    return depth == 0;
  });
  for (const Chars& choice : cut(Chars(open + 1, close), ",")) {
    if (choice.empty()) throw broken(text, open->at, "an empty choice inside braces");
    Chars whole(chars.begin(), open);
    whole.insert(whole.end(), choice.begin(), choice.end());
    whole.insert(whole.end(), close + 1, chars.end());
    expand(text, whole, out);
  }
}

bool glob_matches(std::string_view glob, std::string_view part) {
  size_t g = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (p < part.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = p;
    } else if (g < glob.size() && glob[g] == part[p]) {
      ++g, ++p;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      p = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (size_t start = 0;;) {
    const size_t end = std::min(path.find_first_of("./", start), path.size());
    parts.push_back(path.substr(start, end - start));
    if (end == path.size()) return parts;
    if (path[end] == '/') parts.push_back(path.substr(end, 1));
    start = end + 1;
  }
}

}  // namespace

Pattern::Pattern(std::string text) : text_(std::move(text)) {
  const auto parse_part = [&](std::string_view part, size_t at) -> Part {
    if (part.empty()) throw broken(text_, at, "an empty part; expected a name, '*' or '**'");
    if (part == "**") return {Part::Kind::any, "", {}};
    if (part.find("**") != std::string_view::npos) {
      throw broken(text_, at, "'**' stands for whole parts").hint("write '*' for a piece of a name, or set '**' between dots");
    }
    const size_t bracket = part.find_first_of("[]");
    if (bracket == std::string_view::npos) return {Part::Kind::glob, std::string(part), {}};
    if (bracket != 0 || part.find(']') != part.size() - 1) {
      throw broken(text_, at + bracket, "an index in brackets is a part of its own").hint("write encoder.[0-5]");
    }
    Part out{Part::Kind::index, "", {}};
    for (const std::string& item : split(part.substr(1, part.size() - 2), ',')) {
      out.ranges.push_back(parse_range(text_, item, at));
    }
    return out;
  };
  for (const Chars& alternative : cut(checked(text_), ",|")) {
    if (alternative.empty()) throw usage_error("the pattern '{}' has an empty alternative", printable(text_, 120));
    std::vector<Chars> expanded;
    expand(text_, alternative, expanded);
    if (alternatives_.size() + expanded.size() > kMostAlternatives) {
      throw usage_error("the pattern '{}' stands for more than {} alternatives", printable(text_, 120), kMostAlternatives);
    }
    for (const Chars& chars : expanded) {
      std::vector<Part>& parts = alternatives_.emplace_back();
      std::string part;
      size_t at = chars.front().at;
      for (const Char& one : chars) {
        if (one.c != '.' && one.c != '/') {
          if (part.empty()) at = one.at;
          part += one.c;
          continue;
        }
        parts.push_back(parse_part(part, part.empty() ? one.at : at));
        if (one.c == '/') parts.push_back({Part::Kind::slash, "", {}});
        part.clear();
      }
      parts.push_back(parse_part(part, part.empty() ? chars.back().at : at));
    }
  }
}

bool Pattern::matches(std::string_view path, const std::function<int64_t(std::string_view prefix)>& siblings) const {
  const std::vector<std::string_view> parts = parts_of(path);
  const auto one = [&](const Part& wanted, std::string_view part) {
    if (part == "/" || wanted.kind == Part::Kind::slash) return part == "/" && wanted.kind == Part::Kind::slash;
    if (wanted.kind == Part::Kind::glob) return glob_matches(wanted.glob, part);
    const std::optional<int64_t> index = is_number(part) ? parse_int(part) : std::nullopt;
    if (!index) return false;
    const auto count = [&]() -> int64_t {
      if (!siblings) throw bug_error("the pattern '{}' counts from the end, but nobody says how many there are", text_);
      const size_t start = size_t(part.data() - path.data());
      return siblings(path.substr(0, start == 0 ? 0 : start - 1));
    };
    return std::any_of(wanted.ranges.begin(), wanted.ranges.end(), [&](const Range& r) { return r.holds(*index, count); });
  };
  // one point to return to is enough: the last `**` can take up whatever an earlier one could, up to the next '/'
  const auto all = [&](const std::vector<Part>& wanted) {
    size_t w = 0, p = 0, any = wanted.size(), resume = 0;
    while (p < parts.size()) {
      if (w < wanted.size() && wanted[w].kind == Part::Kind::any) {
        any = w++;
        resume = p;
      } else if (w < wanted.size() && one(wanted[w], parts[p])) {
        ++w, ++p;
      } else if (any < wanted.size() && parts[resume] != "/") {
        w = any + 1;
        p = ++resume;
      } else {
        return false;
      }
    }
    while (w < wanted.size() && wanted[w].kind == Part::Kind::any) ++w;
    return w == wanted.size();
  };
  return std::any_of(alternatives_.begin(), alternatives_.end(), all);
}

std::vector<size_t> Pattern::select(std::span<const std::string> paths) const {
  std::map<std::string, int64_t, std::less<>> counts;  // highest number under a prefix, plus one
  for (const std::string& path : paths) {
    for (const std::string_view part : parts_of(path)) {
      if (!is_number(part)) continue;
      const size_t start = size_t(part.data() - path.data());
      int64_t& count = counts[path.substr(0, start == 0 ? 0 : start - 1)];
      count = std::max(count, *parse_int(part) + 1);
    }
  }
  std::vector<size_t> chosen;
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto count = [&](std::string_view prefix) {
      const auto found = counts.find(prefix);
      return found == counts.end() ? int64_t{0} : found->second;
    };
    if (matches(paths[i], count)) chosen.push_back(i);
  }
  return chosen;
}

Pattern::~Pattern() = default;
Pattern::Pattern(const Pattern&) = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(const Pattern&) = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

}  // namespace espalier
