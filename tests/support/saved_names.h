// What a model of an oracle case is saved as.
#pragma once

#include <gtest/gtest.h>

#include <set>

#include "espalier/io/safetensors_folder.h"
#include "espalier/models/save.h"
#include "tests/support/oracle_model.h"

namespace espalier::support {

/// Expects the case's class and tensors and no others; false where the head stands beside the model, since no class of
/// transformers pools as it does.
inline bool expect_saved_as_stored(const OracleCase& c, const HeadOptions& head) {
  const TemporaryFolder folder, saved;
  const auto model = oracle_model(c, folder, head);
  MemoryLog log;
  const SavedModel as = save_model(*model, saved.path(), fs::path(), log);
  if (as.sentence_encoder && head.kind != HeadKind::embed) return false;
  EXPECT_EQ(as.architecture, c.about.at("config").at("architectures").at(0));
  std::set<std::string> expected, found;
  for (const auto& [name, tensor] : c.tensors) {
    if (is_weight(name)) expected.insert(name);
  }
  const SafetensorsFolder file(saved.path());
  for (const std::string& name : file.names()) {
    found.insert(name);
    if (expected.contains(name)) {
      EXPECT_TRUE(tensor_of(*file.find(name), at::kDouble).equal(c.tensors.at(name))) << name;
    }
  }
  EXPECT_EQ(found, expected);
  return true;
}

}  // namespace espalier::support
