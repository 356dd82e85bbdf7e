#include "espalier/data/spans.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

using nlohmann::json;

/// Byte where each code point begins, and the text's size at the end.
std::vector<int64_t> code_points(std::string_view text) {
  std::vector<int64_t> starts;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((uint8_t(text[i]) & 0xC0) != 0x80) starts.push_back(int64_t(i));
  }
  starts.push_back(int64_t(text.size()));
  return starts;
}

int64_t point_of(const std::vector<int64_t>& starts, int64_t byte) {
  return std::lower_bound(starts.begin(), starts.end(), byte) - starts.begin();
}

int64_t number(const json& span, const char* key, const std::string& place) {
  const auto at = span.find(key);
  if (at == span.end() || !at->is_number_integer()) throw data_error("a span has no whole number \"{}\"", key).at(place);
  return at->get<int64_t>();
}

struct Tag {
  char prefix = 'O';
  std::string_view type;
};

Tag parse(std::string_view tag) {
  if (tag.size() > 1 && tag[1] == '-') return {tag[0], tag.substr(2)};
  if (tag == "O" || tag.empty()) return {};
  return {'I', tag};
}

}  // namespace

std::vector<TextSpan> read_spans(const json& list, std::string_view text, const std::string& place) {
  if (!list.is_array()) throw data_error("the spans are no list").at(place);
  const std::vector<int64_t> starts = code_points(text);
  const auto size = static_cast<int64_t>(starts.size()) - 1;
  std::vector<TextSpan> spans;
  for (const json& item : list) {
    if (!item.is_object()) {
      throw data_error("a span is no object").at(place).hint(R"(spans look like {"start": 0, "end": 5, "label": "PER"})");
    }
    TextSpan span{number(item, "start", place), number(item, "end", place), "", ""};
    const auto label = item.find("label");
    if (label == item.end() || !label->is_string() || label->get_ref<const std::string&>().empty()) {
      throw data_error("the span {} to {} has no \"label\"", span.start, span.end).at(place);
    }
    span.label = label->get<std::string>();
    if (span.start < 0 || span.end <= span.start || span.end > size) {
      throw data_error("the span {} to {} does not lie in the text of {} characters", span.start, span.end, size)
          .at(place)
          .hint("start and end count characters (code points) from 0; end is the first one behind the span");
    }
    span.text = text.substr(size_t(starts[size_t(span.start)]), size_t(starts[size_t(span.end)] - starts[size_t(span.start)]));
    spans.push_back(std::move(span));
  }
  std::sort(spans.begin(), spans.end(), [](const TextSpan& a, const TextSpan& b) { return a.start < b.start; });
  for (size_t i = 1; i < spans.size(); ++i) {
    if (spans[i].start < spans[i - 1].end) {
      throw data_error("the spans {} to {} and {} to {} overlap", spans[i - 1].start, spans[i - 1].end, spans[i].start,
                       spans[i].end)
          .at(place)
          .hint("each character belongs to one span at most");
    }
  }
  return spans;
}

std::vector<std::string> tag_words(std::span<const Extent> words, std::string_view text, std::span<const TextSpan> spans,
                                   int64_t* inside) {
  const std::vector<int64_t> starts = code_points(text);
  std::vector<std::string> tags(words.size(), "O");
  for (const TextSpan& span : spans) {
    const int64_t begin = starts[size_t(span.start)], end = starts[size_t(span.end)];
    bool first = true, split = false;
    for (size_t w = 0; w < words.size(); ++w) {
      if (words[w].second <= begin || words[w].first >= end) continue;
      split = split || words[w].first < begin || words[w].second > end;
      if (tags[w] != "O") continue;  // a word that two spans share belongs to the first
      tags[w] = (first ? "B-" : "I-") + span.label;
      first = false;
    }
    if (split && inside != nullptr) ++*inside;
  }
  return tags;
}

std::vector<TextSpan> decode_spans(std::span<const Extent> words, std::string_view text, std::span<const std::string> tags) {
  const std::vector<int64_t> starts = code_points(text);
  std::vector<TextSpan> spans;
  std::optional<std::pair<size_t, size_t>> open;  // first and last word
  const auto close = [&] {
    if (!open) return;
    const int64_t begin = words[open->first].first, end = words[open->second].second;
    spans.push_back({point_of(starts, begin), point_of(starts, end), std::string(parse(tags[open->first]).type),
                     std::string(text.substr(size_t(begin), size_t(end - begin)))});
    open.reset();
  };
  for (size_t w = 0; w < tags.size(); ++w) {
    const Tag tag = parse(tags[w]);
    const bool goes_on = open && (tag.prefix == 'I' || tag.prefix == 'E') && parse(tags[open->first]).type == tag.type;
    if (goes_on) {
      open->second = w;
    } else {
      close();
      if (tag.prefix != 'O') open = {w, w};
    }
    if (tag.prefix == 'E' || tag.prefix == 'S') close();
  }
  close();
  return spans;
}

std::vector<int64_t> first_pieces(const Example& example) {
  std::vector<int64_t> pieces;
  int32_t last = -1;
  for (size_t i = 0; i < example.words.size(); ++i) {
    if (example.words[i] >= 0 && example.words[i] != last) pieces.push_back(int64_t(i));
    last = example.words[i];
  }
  return pieces;
}

std::vector<Extent> word_extents(const Example& example) {
  std::vector<Extent> extents;
  int32_t last = -1;
  for (size_t i = 0; i < example.words.size(); ++i) {
    if (example.words[i] < 0) {
      last = -1;
      continue;
    }
    if (example.words[i] != last) extents.emplace_back(example.offsets[i].first, example.offsets[i].second);
    extents.back().second = example.offsets[i].second;
    last = example.words[i];
  }
  return extents;
}

}  // namespace espalier
