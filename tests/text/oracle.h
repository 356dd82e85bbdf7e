// What the reference library wrote: tests/oracle/wordpiece, made by tools/oracle/make_wordpiece.py.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/text/tokenizer.h"

namespace espalier {

inline fs::path wordpiece_oracle() { return fs::path(ESPALIER_TESTS_DIR) / "oracle" / "wordpiece"; }

inline std::vector<nlohmann::json> oracle_lines(const std::string& name) {
  std::ifstream file(wordpiece_oracle() / name);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

/// The fields of an Encoding under the oracle's names, for comparison with a record.
inline nlohmann::json as_record(const Encoding& encoding, const nlohmann::json& like) {
  nlohmann::json begins = nlohmann::json::array(), ends = nlohmann::json::array();
  for (const auto& [begin, end] : encoding.offsets) {
    begins.push_back(begin);
    ends.push_back(end);
  }
  const nlohmann::json all = {{"ids", encoding.ids},
                              {"begins", begins},
                              {"ends", ends},
                              {"words", encoding.words},
                              {"segments", encoding.segments},
                              {"sequence", encoding.sequence}};
  nlohmann::json record = like;
  for (const auto& [key, value] : all.items()) {
    if (like.contains(key)) record[key] = value;
  }
  return record;
}

}  // namespace espalier
