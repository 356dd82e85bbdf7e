// Expression: a regular expression of a PEFT folder, read as Python's `re` reads it, by PCRE2. Time and memory of a match are
// bounded, since files of others choose the expression.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace espalier {

class Expression {
 public:
  /// A data Error at `place` when `text` is no regular expression.
  Expression(const std::string& text, const std::string& place);
  ~Expression();
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;

  bool fullmatch(std::string_view text) const;  ///< re.fullmatch
  bool match(std::string_view text) const;      ///< re.match: from the start
  /// re.match, then the group of that name; nullopt when either is missing.
  std::optional<std::string> group(std::string_view text, const std::string& name) const;

 private:
  bool run(std::string_view text, uint32_t options) const;
  struct Code;
  std::unique_ptr<Code> code_;
  std::string text_, place_;
};

}  // namespace espalier
