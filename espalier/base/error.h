// Errors for people: what was found, what was expected, where, and what to try.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace espalier {

/// usage: the command or recipe is wrong (exit 2). data: a file holds something it should not. numeric: a value stopped
/// being finite. unsupported: understood, but not built. bug: a broken promise inside espalier.
enum class ErrorKind : uint8_t { usage, data, numeric, unsupported, bug };

/// The only exception type that espalier throws on purpose. what() reads `place: message` followed by `  try: hint`.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message);
  /// Where: "sst2.toml:14", "train.tsv:8", or a tensor's path. Returns *this for chaining in a throw expression.
  Error&& at(std::string place) &&;
  /// What to try next, as one sentence.
  Error&& hint(std::string text) &&;

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& place() const { return place_; }
  const std::string& hint() const { return hint_; }
  const char* what() const noexcept override { return what_.c_str(); }
  /// 2 for usage, 1 for everything else.
  int exit_code() const { return kind_ == ErrorKind::usage ? 2 : 1; }

 private:
  void compose();
  ErrorKind kind_;
  std::string message_, place_, hint_, what_;
};

template <class... Args>
Error usage_error(fmt::format_string<Args...> text, Args&&... args) {
  return {ErrorKind::usage, fmt::format(text, std::forward<Args>(args)...)};
}
template <class... Args>
Error data_error(fmt::format_string<Args...> text, Args&&... args) {
  return {ErrorKind::data, fmt::format(text, std::forward<Args>(args)...)};
}
template <class... Args>
Error numeric_error(fmt::format_string<Args...> text, Args&&... args) {
  return {ErrorKind::numeric, fmt::format(text, std::forward<Args>(args)...)};
}
template <class... Args>
Error unsupported_error(fmt::format_string<Args...> text, Args&&... args) {
  return {ErrorKind::unsupported, fmt::format(text, std::forward<Args>(args)...)};
}
template <class... Args>
Error bug_error(fmt::format_string<Args...> text, Args&&... args) {
  return {ErrorKind::bug, fmt::format(text, std::forward<Args>(args)...)};
}

/// Collects every mismatch of one kind, so that a user sees all of them at once, sorted by place.
class Problems {
 public:
  void add(std::string place, std::string message, std::string hint = "");
  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }
  /// Throws one Error holding all problems (the first 20, then a count); does nothing when there are none.
  /// A single problem is thrown as itself, with its own place; several are listed one a line below `headline`.
  void raise(ErrorKind kind, const std::string& headline) const;

 private:
  struct Item {
    std::string place, message, hint;
  };
  std::vector<Item> items_;
};

}  // namespace espalier
