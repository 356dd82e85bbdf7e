// Decoding of tag sequences into entities, and their scores.
#include "espalier/metrics/entities.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/metrics/check.h"

namespace espalier {
namespace {

struct Tag {
  char prefix = 'O';
  std::string type = "_";  // what seqeval calls the type of a bare "B"
};

Tag parse_tag(const std::string& text, TagScheme scheme) {
  const std::string_view allowed = scheme == TagScheme::strict_iob2 ? "OBI" : "OBIES";
  if (text.empty() || allowed.find(text[0]) == std::string_view::npos) {
    throw data_error("tag '{}' is not of the scheme {}; expected O, or one of {} and a type, as in B-PER", printable(text),
                     scheme == TagScheme::strict_iob2 ? "IOB2" : "IOBES", allowed.substr(1));
  }
  std::string_view type = std::string_view(text).substr(1);
  if (scheme == TagScheme::lenient) {
    type = type.substr(std::min(type.size(), type.find('-') + 1));
  } else {
    while (type.starts_with('-')) type.remove_prefix(1);
    while (type.ends_with('-')) type.remove_suffix(1);
  }
  return {text[0], type.empty() ? "_" : std::string(type)};
}

// An entity opens at B (or S), goes on while I (or E) of the same type follows; in IOBES it must close with E or S.
std::vector<Entity> decode_strict(const std::vector<Tag>& tags, TagScheme scheme) {
  std::vector<Entity> out;
  for (size_t i = 0; i < tags.size();) {
    const Tag& first = tags[i];
    size_t end = i + 1;
    if (first.prefix != 'B' && first.prefix != 'S') {
      i = end;
      continue;
    }
    while (end < tags.size() && (tags[end - 1].prefix == 'B' || tags[end - 1].prefix == 'I') &&
           (tags[end].prefix == 'I' || tags[end].prefix == 'E') && tags[end].type == first.type) {
      ++end;
    }
    const char last = tags[end - 1].prefix;
    if (scheme == TagScheme::strict_iob2 || last == 'E' || last == 'S') out.push_back({first.type, int64_t(i), int64_t(end)});
    i = end;
  }
  return out;
}

// conlleval: a change of type, or a tag that cannot go on, ends an entity; anything but O opens one.
std::vector<Entity> decode_lenient(std::vector<Tag> tags) {
  tags.emplace_back();
  std::vector<Entity> out;
  Tag before{'O', ""};
  int64_t begin = 0;
  for (size_t i = 0; i < tags.size(); ++i) {
    const Tag& now = tags[i];
    const bool was_inside = before.prefix == 'B' || before.prefix == 'I',
               was_closed = before.prefix == 'E' || before.prefix == 'S';
    const bool changed = before.type != now.type, goes_on = now.prefix == 'I' || now.prefix == 'E';
    if (was_closed || (was_inside && (!goes_on || changed))) out.push_back({before.type, begin, int64_t(i)});
    if (now.prefix == 'B' || now.prefix == 'S' || (goes_on && (!was_inside || changed))) begin = int64_t(i);
    before = now;
  }
  return out;
}

}  // namespace

std::vector<Entity> decode_entities(const Tags& tags, TagScheme scheme) {
  std::vector<Tag> parsed;
  for (const std::string& tag : tags) parsed.push_back(parse_tag(tag, scheme));
  return scheme == TagScheme::lenient ? decode_lenient(std::move(parsed)) : decode_strict(parsed, scheme);
}

EntityReport entity_report(std::span<const Tags> truth, std::span<const Tags> predicted, TagScheme scheme) {
  require_same_size(truth.size(), predicted.size(), "tag sequences");
  struct Counts {
    double hits = 0, truth = 0, predicted = 0;
  };
  std::map<std::string, Counts> by_type;
  Counts all;
  for (size_t i = 0; i < truth.size(); ++i) {
    if (truth[i].size() != predicted[i].size()) {
      throw data_error("sequence {} has {} true tags but {} predicted ones", i, truth[i].size(), predicted[i].size());
    }
    const std::vector<Entity> t = decode_entities(truth[i], scheme), p = decode_entities(predicted[i], scheme);
    for (const Entity& e : t) by_type[e.type].truth += 1;
    for (const Entity& e : p) by_type[e.type].predicted += 1;
    // Starts are unique within a sequence, so both lists are sorted by start alone.
    for (size_t a = 0, b = 0; a < t.size() && b < p.size();) {
      if (t[a] == p[b]) by_type[t[a].type].hits += 1;
      const int64_t from_truth = t[a].start, from_prediction = p[b].start;
      a += from_truth <= from_prediction;
      b += from_prediction <= from_truth;
    }
  }
  EntityReport report;
  for (const auto& [type, c] : by_type) {
    const double f1 = ratio(2 * c.hits, c.truth + c.predicted);
    report.types.push_back(type);
    report.by_type.push_back({ratio(c.hits, c.predicted), ratio(c.hits, c.truth), f1, int64_t(c.truth)});
    report.macro_f1 += f1 / double(by_type.size());
    report.weighted_f1 += f1 * c.truth;
    all.hits += c.hits, all.truth += c.truth, all.predicted += c.predicted;
  }
  report.precision = ratio(all.hits, all.predicted);
  report.recall = ratio(all.hits, all.truth);
  report.f1 = ratio(2 * all.hits, all.truth + all.predicted);
  report.weighted_f1 = ratio(report.weighted_f1, all.truth);
  report.support = int64_t(all.truth);
  return report;
}

}  // namespace espalier
