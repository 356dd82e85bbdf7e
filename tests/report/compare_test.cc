// Runs side by side: reading, grouping over seeds, what is missing.
#include "espalier/report/compare.h"

#include <gtest/gtest.h>

#include "espalier/report/run.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

RunSummary run_of(std::string method, int64_t seed, double accuracy) {
  RunSummary run;
  run.name = method + "-" + std::to_string(seed);
  run.method = std::move(method);
  run.seed = seed;
  run.metrics = {{"test.accuracy", accuracy}, {"dev.accuracy", 0.9}};
  run.trained_parameters = 184'000;
  run.total_parameters = 22'713'216;
  run.adapter_bytes = 737'000;
  run.seconds = 100.0 + double(seed) * 10;
  return run;
}

TEST(Compare, ReadsARunFolder) {
  const support::TemporaryFolder folder;
  const RunFolder run(folder / "runs/lora");
  make_folder(run.path());
  run.write_result({{"method", "lora"},
                    {"seed", 3},
                    {"metric", "macro_f1"},
                    {"dev", {{"macro_f1", 0.55}}},
                    {"test", {{"accuracy", 0.694}, {"confusion", "not a number"}}},
                    {"trained_parameters", {{"method", 100}, {"head", 20}, {"extra", 3}, {"total", 123}}},
                    {"total_parameters", 1000},
                    {"adapter_bytes", 512}});
  const RunSummary without_time = read_run(run.path());
  EXPECT_FALSE(without_time.seconds);
  run.write_timing({{"seconds", 99.5}});
  const RunSummary summary = read_run(fs::path(run.path().string() + "/"));
  EXPECT_EQ(summary.name, "lora");
  EXPECT_EQ(summary.method, "lora");
  EXPECT_EQ(summary.seed, 3);
  EXPECT_EQ(summary.metrics, (std::map<std::string, double>{{"dev.macro_f1", 0.55}, {"test.accuracy", 0.694}}));
  EXPECT_EQ(summary.trained_parameters, 123);
  EXPECT_EQ(summary.adapter_bytes, 512);
  EXPECT_EQ(summary.seconds, 99.5);
  support::expect_error(ErrorKind::data, [&] { read_run(folder / "runs/none"); }, {"result.json"});
}

TEST(Compare, SeedsBecomeOneRow) {
  const std::vector<RunSummary> runs{run_of("lora", 1, 0.69), run_of("probe", 1, 0.64), run_of("lora", 2, 0.70),
                                     run_of("lora", 3, 0.71)};
  const std::string text = compare_table(runs).markdown();
  EXPECT_NE(text.find("0.7000 ± 0.0100"), std::string::npos) << text << "the sample deviation of .69 .70 .71";
  EXPECT_NE(text.find("0.6400"), std::string::npos) << text;
  EXPECT_NE(text.find("184,000"), std::string::npos) << text;
  EXPECT_NE(text.find("2m 0s"), std::string::npos) << text << "the mean of 110, 120 and 130";
  EXPECT_EQ(text.find("dev.accuracy"), std::string::npos) << "test figures hide dev figures";
  EXPECT_EQ(compare_table(runs).rows(), 2u);
  EXPECT_EQ(compare_table(runs, {.group_seeds = false}).rows(), 4u);
}

TEST(Compare, TheSameSeedTwiceIsTwoRows) {
  std::vector<RunSummary> runs{run_of("lora", 1, 0.69), run_of("lora", 1, 0.70)};
  runs[1].name = "again";
  const Table table = compare_table(runs);
  EXPECT_EQ(table.rows(), 2u);
  EXPECT_NE(table.text().find("lora (again)"), std::string::npos) << table.text();
}

TEST(Compare, WhatIsMissingIsADash) {
  RunSummary majority;
  majority.name = majority.method = "majority class";
  majority.metrics = {{"test.accuracy", 0.117}};
  const std::vector<RunSummary> runs{majority, run_of("lora", 1, 0.69)};
  const std::string text = compare_table(runs, {.metrics = {"test.accuracy", "test.macro_f1"}}).markdown();
  EXPECT_NE(text.find("test.macro f1"), std::string::npos) << text;
  EXPECT_NE(text.find("0.1170"), std::string::npos) << text;
  EXPECT_NE(text.find("–"), std::string::npos) << text;
}

}  // namespace
}  // namespace espalier
