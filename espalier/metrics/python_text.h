// Text as Python's str sees it: the reference implementations of the text metrics are Python, and their figures hang on its
// lower case, white space and digits. Texts are valid UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace espalier {

using Tokens = std::vector<std::string>;

std::vector<char32_t> text_points(std::string_view text);
std::string points_text(const std::vector<char32_t>& points);

bool python_space(char32_t c);   ///< str.isspace
bool python_digit(char32_t c);   ///< \d
bool python_word(char32_t c);    ///< \w
bool python_letter(char32_t c);  ///< L* or a mark on a letter: Mn, Mc
/// str.lower: simple lower case, U+0130 as two code points, and the sigma that ends a word.
std::string python_lower(std::string_view text);
/// str.split() without an argument.
Tokens python_split(std::string_view text);
std::string_view python_strip(std::string_view text);  ///< str.strip()

}  // namespace espalier
