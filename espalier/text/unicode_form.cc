#include "espalier/text/unicode_form.h"

#include <algorithm>
#include <optional>

#include "espalier/text/unicode.h"

namespace espalier {
namespace {

struct Marked {
  Change change;
  uint8_t order;  // combining class
};

std::vector<Change> decomposed(const AlignedText& text, bool compatibility) {
  std::vector<Change> changes;
  std::vector<Marked> pending;
  std::vector<char32_t> parts;
  changes.reserve(text.size() + 16);
  const auto flush = [&] {
    std::stable_sort(pending.begin(), pending.end(), [](const Marked& a, const Marked& b) { return a.order < b.order; });
    for (const Marked& mark : pending) changes.push_back(mark.change);
    pending.clear();
  };
  for (const char32_t c : text.chars) {
    parts.clear();
    append_decomposed(c, compatibility, parts);
    for (size_t i = 0; i < parts.size(); ++i) {
      const Change change = {parts[i], i == 0 ? 0 : 1};
      const uint8_t order = combining_class(parts[i]);
      if (order != 0) {
        pending.push_back({change, order});
        continue;
      }
      if (!pending.empty()) flush();
      changes.push_back(change);
    }
  }
  flush();
  return changes;
}

// Canonical composition (UAX 15): a mark joins the last starter unless one of its own or a higher class lies between.
std::vector<Change> recomposed(const std::vector<Change>& changes) {
  std::vector<Change> out, waiting;
  std::optional<Change> starter;
  std::optional<uint8_t> last_order;
  const auto flush = [&] {
    if (starter) out.push_back(*starter);
    out.insert(out.end(), waiting.begin(), waiting.end());
    waiting.clear();
    last_order.reset();
  };
  for (const Change& next : changes) {
    const uint8_t order = combining_class(next.c);
    if (!starter) {
      if (order == 0) {
        starter = next;
      } else {
        out.push_back(next);
      }
      continue;
    }
    const bool blocked = last_order && *last_order >= order;
    const char32_t whole = blocked ? 0 : compose(starter->c, next.c);
    if (whole != 0) {
      starter = Change{whole, starter->change + next.change - 1};
    } else if (order == 0) {
      flush();
      starter = next;
    } else {
      waiting.push_back(next);
      last_order = order;
    }
  }
  flush();
  return out;
}

}  // namespace

void decompose(AlignedText& text, bool compatibility) {
  const uint16_t changing = kDecomposes | kNonstarter | (compatibility ? kDecomposesK : 0);
  const auto stays = [&](char32_t c) { return c < 0x80 || (char_classes(c) & changing) == 0; };
  if (!std::all_of(text.chars.begin(), text.chars.end(), stays)) text.apply(decomposed(text, compatibility));
}

void recompose(AlignedText& text, bool compatibility) { text.apply(recomposed(decomposed(text, compatibility))); }

}  // namespace espalier
