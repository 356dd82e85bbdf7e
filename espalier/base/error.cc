// Error and Problems: composing what() and listing many mismatches at once.
#include "espalier/base/error.h"

#include <algorithm>
#include <string_view>

namespace espalier {
namespace {

constexpr size_t kShown = 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "a.toml:9" stands before "a.toml:14": runs of digits compare as numbers.
bool natural_less(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      while (i + 1 < a.size() && a[i] == '0' && is_digit(a[i + 1])) ++i;
      while (j + 1 < b.size() && b[j] == '0' && is_digit(b[j + 1])) ++j;
      const size_t i0 = i, j0 = j;
      while (i < a.size() && is_digit(a[i])) ++i;
      while (j < b.size() && is_digit(b[j])) ++j;
      if (i - i0 != j - j0) return i - i0 < j - j0;
      if (const int order = a.substr(i0, i - i0).compare(b.substr(j0, j - j0)); order != 0) return order < 0;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

}  // namespace

Error::Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) { compose(); }

Error&& Error::at(std::string place) && {
  place_ = std::move(place);
  compose();
  return std::move(*this);
}

Error&& Error::hint(std::string text) && {
  hint_ = std::move(text);
  compose();
  return std::move(*this);
}

void Error::compose() {
  what_ = place_.empty() ? message_ : place_ + ": " + message_;
  if (!hint_.empty()) what_ += "\n  try: " + hint_;
}

void Problems::add(std::string place, std::string message, std::string hint) {
  items_.push_back({std::move(place), std::move(message), std::move(hint)});
}

void Problems::raise(ErrorKind kind, const std::string& headline) const {
  if (items_.empty()) return;
  if (items_.size() == 1) {
    const Item& item = items_.front();
    throw Error(kind, item.message).at(item.place).hint(item.hint);
  }
  std::vector<Item> sorted = items_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Item& a, const Item& b) { return natural_less(a.place, b.place); });
  std::string text = fmt::format("{} ({} problems):", headline, sorted.size());
  for (size_t i = 0; i < std::min(sorted.size(), kShown); ++i) {
    const Item& item = sorted[i];
    text += "\n  " + (item.place.empty() ? item.message : item.place + ": " + item.message);
    if (!item.hint.empty()) text += "\n    try: " + item.hint;
  }
  if (sorted.size() > kShown) text += fmt::format("\n  and {} more", sorted.size() - kShown);
  throw Error(kind, std::move(text));
}

}  // namespace espalier
