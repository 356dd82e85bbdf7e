// Patterns over site and parameter paths: `*` one part, `**` any number of parts, {a,b}, [0-5], [2:], [-4:].
// Parts are separated by '.', and by '/' between a modifier's name and its places; `**` does not cross a '/'.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

class Pattern {
 public:
  /// Throws a usage Error that points at the offending character. Several alternatives may be separated by '|' or ','
  /// outside braces: "encoder.*.attention.query, pooler".
  explicit Pattern(std::string text);

  const std::string& text() const { return text_; }
  /// The indices (into paths, ascending) of what matches. Negative indices such as [-4:] count from the end of the
  /// numbered siblings that occur in `paths` under the same prefix (with 12 blocks, [-4:] is 8..11).
  std::vector<size_t> select(std::span<const std::string> paths) const;
  /// True if `path` matches; `siblings` is consulted for negative indices (prefix -> number of numbered children).
  bool matches(std::string_view path, const std::function<int64_t(std::string_view prefix)>& siblings = {}) const;

 private:
  std::string text_;
  struct Part;
  std::vector<std::vector<Part>> alternatives_;

 public:
  ~Pattern();
  Pattern(const Pattern&);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(const Pattern&);
  Pattern& operator=(Pattern&&) noexcept;
};

}  // namespace espalier
