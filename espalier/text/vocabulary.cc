#include "espalier/text/vocabulary.h"

#include <fmt/format.h>

#include "espalier/base/text.h"

namespace espalier {

std::unordered_map<std::string_view, int32_t> index_vocabulary(const Vocabulary& vocabulary, const std::string& place,
                                                               Problems& problems) {
  constexpr int32_t kMaxId = 1 << 22;  // tables have a row an id; the largest known vocabulary has a million
  std::unordered_map<int32_t, std::string_view> by_id;
  std::unordered_map<std::string_view, int32_t> by_token;
  by_id.reserve(vocabulary.size());
  by_token.reserve(vocabulary.size());
  for (const auto& [token, id] : vocabulary) {
    if (id < 0 || id > kMaxId) {
      problems.add(place, fmt::format("token '{}' has id {}; expected 0 to {}", printable(token), id, kMaxId));
    }
    const auto [other, fresh] = by_id.try_emplace(id, token);
    if (!fresh) {
      problems.add(place, fmt::format("id {} belongs to '{}' and to '{}'", id, printable(other->second), printable(token)));
    }
    const auto [same, first] = by_token.try_emplace(token, id);
    if (!first) problems.add(place, fmt::format("token '{}' is given twice, as {} and {}", printable(token), same->second, id));
  }
  return by_token;
}

}  // namespace espalier
