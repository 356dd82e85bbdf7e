// What a column of labels means where nobody says: classes, numbers, or something to ask about.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "espalier/data/task.h"

namespace espalier {

/// Names with their ids in the order of their first occurrence, and how often each was seen.
class NameCounts {
 public:
  int32_t add(const std::string& name);
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<int64_t>& counts() const { return counts_; }
  int64_t size() const { return static_cast<int64_t>(names_.size()); }

 private:
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<std::string> names_;
  std::vector<int64_t> counts_;
};

/// Throws a usage Error that explains both readings where the labels may be classes or numbers, and one where nearly every row
/// has its own label.
void check_classes(const NameCounts& labels, int64_t rows, bool kind_known, const std::string& column, const std::string& path);
/// Adds the tags that a scheme implies: where B-PER, I-PER and B-LOC occur, I-LOC may follow.
void complete_tags(std::vector<std::string>& tags);

}  // namespace espalier
