// tiny_world FOLDER: writes a tiny random model and tables for it: model/, train.tsv, new.tsv, recipe.toml.
#include <cstdio>

#include "tests/cli/tiny_model.h"

int main(int argc, char** argv) {
  using namespace espalier;
  if (argc != 2) return std::fprintf(stderr, "usage: tiny_world FOLDER\n"), 2;
  const fs::path folder = argv[1];
  test::write_tiny_model(folder / "model");
  const auto rows = [](int64_t count, uint64_t seed) {
    return "id\ttext\tlabel" + test::tiny_rows(count, seed).substr(std::string("id\twords\tside").size());
  };
  write_file(folder / "train.tsv", rows(400, 1));
  write_file(folder / "new.tsv", rows(20, 2));
  write_file(folder / "recipe.toml",
             "model = { from = \"model\", pooling = \"mean\" }\n"
             "data = { train = \"train.tsv\", text = \"text\", label = \"label\" }\n"
             "train = { epochs = 5, optimizer = { kind = \"adamw\", learning_rate = 5e-3 } }\n");
}
