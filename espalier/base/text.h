// Small text operations shared by every layer: splitting, joining, numbers for people, nearest words, UTF-8 checks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

std::vector<std::string> split(std::string_view text, char separator);  ///< keeps empty parts; "" gives one empty part
std::string_view trim(std::string_view text);                           ///< without ASCII white space at both ends
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string lower_ascii(std::string_view text);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// The whole text as a number; nullopt when anything else is in it. Locale-free; no "inf", "nan" or hex.
std::optional<int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);

std::string with_commas(int64_t number);                 ///< 1832000 -> "1,832,000"
std::string human_bytes(int64_t bytes);                  ///< 23040000 -> "23.0 MB" (powers of 1000)
std::string human_seconds(double seconds);               ///< 75.2 -> "1m 15s", 0.31 -> "0.31 s", 7300 -> "2h 1m"
std::string percent(double share);                       ///< 0.0123 -> "1.23 %", 0.42 -> "42.0 %", 0.00012 -> "0.012 %"
std::string shape_text(std::span<const int64_t> shape);  ///< {2,3} -> "[2, 3]"

/// The candidate with the smallest edit distance to `word`; nullopt when none is close (distance > max(2, size/3)).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);
/// " (did you mean 'rank'?)" or "" when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

bool valid_utf8(std::string_view text);
/// Invalid bytes become U+FFFD, one for each maximal invalid subpart (as Python's errors="replace"); `replaced` counts them.
std::string repair_utf8(std::string_view text, int64_t* replaced = nullptr);
/// Control characters escaped as \xNN, at most `limit` bytes, for showing found input inside an error message.
std::string printable(std::string_view text, size_t limit = 40);
/// Columns in a terminal: wide CJK and emoji count two, combining marks none.
int64_t display_width(std::string_view text);

}  // namespace espalier
