// espalier convert, as it is typed.
#include <gtest/gtest.h>

#include "tests/cli/world.h"

namespace espalier::test {
namespace {

const fs::path kOracle = fs::path(ESPALIER_TESTS_DIR) / "oracle/torch_files";

TEST(Convert, WritesAFolderAndSaysSo) {
  const support::TemporaryFolder folder;
  folder.write("old/pytorch_model.bin", read_file(kOracle / "module.bin"));
  folder.write("old/vocab.txt", "[UNK]\n");
  const Outcome done = run({"convert", (folder / "old").string(), (folder / "new").string()});
  EXPECT_EQ(done.code, 0) << done.err;
  expect_says(done.out, {"new/model.safetensors", "7 tensors", "copied: vocab.txt"});
  EXPECT_EQ(read_file(folder / "new/model.safetensors"), read_file(kOracle / "module.safetensors"));
}

TEST(Convert, AProgramIsRefused) {
  const support::TemporaryFolder folder;
  const Outcome done = run({"convert", (kOracle / "whole_module.bin").string(), (folder / "new").string()});
  EXPECT_EQ(done.code, 1);
  expect_says(done.err, {"whole_module.bin: it asks for torch.nn.modules.linear.Linear", "nothing was executed"});
  EXPECT_EQ(folder.listing(), "");
}

}  // namespace
}  // namespace espalier::test
