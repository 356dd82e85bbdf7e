// A folder with a tiny model, data in several formats, and a run trained by the program itself: made once for all tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tests/cli/tiny_model.h"

namespace espalier::test {

class World {
 public:
  static const World& shared() {
    static const World kWorld;
    return kWorld;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  /// train --model … --out `out`, in fp32, with further words.
  std::vector<std::string> train(const std::string& out, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"train",
                                   "--model",
                                   path("model"),
                                   "--data",
                                   path("train.tsv"),
                                   "--dev",
                                   path("dev.tsv"),
                                   "--text",
                                   "words",
                                   "--label",
                                   "side",
                                   "--out",
                                   out,
                                   "--epochs",
                                   "2",
                                   "--batch",
                                   "16",
                                   "--precision",
                                   "fp32",
                                   "--rank",
                                   "4",
                                   "--learning-rate",
                                   "5e-3",
                                   "--threads",
                                   "1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  const Outcome& trained() const { return trained_; }

 private:
  World() {
    write_tiny_model(folder_ / "model");
    folder_.write("train.tsv", tiny_rows(128, 1));
    folder_.write("dev.tsv", tiny_rows(48, 2));
    folder_.write("new.csv", tiny_rows(20, 3, ','));
    trained_ = run(train(path("run")));
  }
  support::TemporaryFolder folder_;
  Outcome trained_;
};

inline void expect_says(const std::string& text, std::initializer_list<std::string_view> pieces) {
  for (const std::string_view piece : pieces)
    EXPECT_NE(text.find(piece), std::string::npos) << "expected: " << piece << "\nin: " << text;
}

}  // namespace espalier::test
