// Entity-level scores of tag sequences, equal to seqeval: an entity counts when its type, start and end are all right.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "espalier/metrics/classify.h"

namespace espalier {

/// strict_*: only well-formed entities of the scheme count (an I- without its B- is no entity), as seqeval mode='strict'.
/// lenient: conlleval's reading, a stray I-X starts an entity (seqeval's default mode).
enum class TagScheme : uint8_t { strict_iob2, strict_iobes, lenient };

struct Entity {
  std::string type;
  int64_t start = 0, end = 0;  // tokens [start, end)
  bool operator==(const Entity&) const = default;
};

using Tags = std::vector<std::string>;  // "O", "B-PER", "I-PER", ...

/// Entities in order of start.
std::vector<Entity> decode_entities(const Tags& tags, TagScheme scheme = TagScheme::strict_iob2);

struct EntityReport {
  double precision = 0, recall = 0, f1 = 0;  // micro: over all entities
  double macro_f1 = 0, weighted_f1 = 0;      // over the types that occur in truth or prediction
  int64_t support = 0;
  std::vector<std::string> types;    // ascending
  std::vector<ClassScores> by_type;  // same order
};
/// Throws a data Error when a sequence and its prediction differ in length.
EntityReport entity_report(std::span<const Tags> truth, std::span<const Tags> predicted,
                           TagScheme scheme = TagScheme::strict_iob2);

}  // namespace espalier
