#include "espalier/peft/formats/expression.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {
constexpr uint32_t kSteps = 1'000'000, kHeapKibibytes = 20'000;
constexpr size_t kLongest = 10'000;
}  // namespace

struct Expression::Code {
  pcre2_code* code = nullptr;
  pcre2_match_data* found = nullptr;
  pcre2_match_context* limits = nullptr;
  ~Code() {
    pcre2_match_context_free(limits);
    pcre2_match_data_free(found);
    pcre2_code_free(code);
  }
};

Expression::Expression(const std::string& text, const std::string& place)
    : code_(std::make_unique<Code>()), text_(text), place_(place) {
  int number = 0;
  PCRE2_SIZE offset = 0;
  if (text.size() <= kLongest) {
    code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C,
                                &number, &offset, nullptr);
  }
  if (code_->code == nullptr) {
    PCRE2_UCHAR reason[120] = "it is too long";
    if (number != 0) pcre2_get_error_message(number, reason, sizeof reason);
    throw data_error("'{}' is no regular expression: {}", printable(text), reinterpret_cast<const char*>(reason)).at(place);
  }
  code_->found = pcre2_match_data_create_from_pattern(code_->code, nullptr);
  code_->limits = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(code_->limits, kSteps);
  pcre2_set_heap_limit(code_->limits, kHeapKibibytes);
}

Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

bool Expression::run(std::string_view text, uint32_t options) const {
  const int result = pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, options | PCRE2_ANCHORED,
                                 code_->found, code_->limits);
  if (result >= 0) return true;
  if (result == PCRE2_ERROR_NOMATCH) return false;
  throw data_error("the regular expression '{}' takes too long on '{}'", printable(text_), printable(text)).at(place_);
}

bool Expression::fullmatch(std::string_view text) const { return run(text, PCRE2_ENDANCHORED); }
bool Expression::match(std::string_view text) const { return run(text, 0); }

std::optional<std::string> Expression::group(std::string_view text, const std::string& name) const {
  if (!run(text, 0)) return std::nullopt;
  PCRE2_UCHAR* value = nullptr;
  PCRE2_SIZE size = 0;
  if (pcre2_substring_get_byname(code_->found, reinterpret_cast<PCRE2_SPTR>(name.c_str()), &value, &size) != 0)
    return std::nullopt;
  std::string found(reinterpret_cast<const char*>(value), size);
  pcre2_substring_free(value);
  return found;
}

}  // namespace espalier
