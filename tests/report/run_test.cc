// The run folder: preparing, events, rewinding, versioned JSON.
#include "espalier/report/run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "espalier/base/text.h"
#include "espalier/report/event.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using Json = nlohmann::json;

Json step_event(int64_t step) {
  return {{"kind", "step"},       {"step", step},   {"epoch", 0.5},  {"loss", 1.25},  {"learning_rate", 1e-3},
          {"gradient_norm", 0.5}, {"examples", 32}, {"tokens", 900}, {"seconds", 2.5}};
}

TEST(RunFolder, MakesANewFolderWithParents) {
  const support::TemporaryFolder folder;
  const RunFolder run = RunFolder::prepare(folder / "runs/a");
  EXPECT_TRUE(fs::is_directory(folder / "runs/a"));
  EXPECT_EQ(run.checkpoint(500), folder / "runs/a/checkpoints/step-000500");
}

TEST(RunFolder, RefusesANonEmptyFolderAndNamesBothWaysOut) {
  const support::TemporaryFolder folder;
  folder.write("notes.txt", "mine");
  support::expect_error(ErrorKind::usage, [&] { RunFolder::prepare(folder.path()); }, {"not empty", "--resume", "--overwrite"});
  support::expect_error(ErrorKind::usage, [&] { RunFolder::prepare(folder.path(), Existing::overwrite); }, {"holds no run"});
  support::expect_error(ErrorKind::usage, [&] { RunFolder::prepare(folder.path(), Existing::resume); }, {"plan.toml is missing"});
  support::expect_error(ErrorKind::usage, [&] { RunFolder::prepare(folder / "notes.txt"); }, {"a file stands"});
  EXPECT_EQ(folder.listing(), "notes.txt");
}

TEST(RunFolder, OverwriteRemovesTheRunAndNothingElse) {
  const support::TemporaryFolder folder;
  for (const char* name : {"plan.toml", "events.jsonl", "adapter/x", "checkpoints/step-000001/x", "result.json", "keep.txt"}) {
    folder.write(name, "x");
  }
  RunFolder::prepare(folder.path(), Existing::overwrite);
  EXPECT_EQ(folder.listing(), "keep.txt");
}

TEST(RunFolder, ResumeKeepsEverything) {
  const support::TemporaryFolder folder;
  folder.write("plan.toml", "seed = 1");
  folder.write("events.jsonl", "");
  RunFolder::prepare(folder.path(), Existing::resume);
  EXPECT_EQ(folder.listing(), "events.jsonl plan.toml");
}

TEST(RunFolder, HoldsItsLockAndTakesNoSecond) {
  const support::TemporaryFolder folder;
  {
    const RunFolder run = RunFolder::prepare(folder / "run");
    run.write_plan("seed = 1");
    for (const Existing existing : {Existing::resume, Existing::overwrite}) {
      support::expect_error(ErrorKind::usage, [&] { RunFolder::prepare(folder / "run", existing); }, {"another process"});
    }
  }
  EXPECT_NO_THROW(RunFolder::prepare(folder / "run", Existing::resume));
  EXPECT_FALSE(fs::exists(folder / "run/.lock"));
}

TEST(RunFolder, WhatAKillLeftBeforeThePlanIsNothing) {
  const support::TemporaryFolder folder;
  folder.write(".lock", "99999999\n");
  folder.write("plan.toml.tmp-99999999", "seed");
  folder.write("command.txt", "espalier train --out x\n");
  support::expect_error(ErrorKind::usage, [&] { RunFolder::prepare(folder.path(), Existing::resume); },
                        {"before its plan was written", "espalier train --out x"});
  RunFolder::prepare(folder.path());
  EXPECT_EQ(folder.listing(), "command.txt");
  folder.write("notes.txt", "mine");
  support::expect_error(ErrorKind::usage, [&] { RunFolder::prepare(folder.path()); }, {"not empty"});
}

TEST(RunFolder, ListsWholeCheckpointsOnly) {
  const support::TemporaryFolder folder;
  for (const char* name : {"step-000500", "step-001000", "step-2", "step-000700.tmp", "step-x", "step-1000000"}) {
    fs::create_directories(folder / "checkpoints" / name);
  }
  folder.write("checkpoints/step-000900", "a file");
  EXPECT_EQ(RunFolder(folder.path()).checkpoint_steps(), (std::vector<int64_t>{500, 1000, 1000000}));
  EXPECT_TRUE(RunFolder(folder / "none").checkpoint_steps().empty());
}

TEST(RunFolder, CommandIsQuotedForAShell) {
  const support::TemporaryFolder folder;
  RunFolder(folder.path()).write_command({"espalier", "train", "--text", "it's a note", "--set", "a=1", ""});
  EXPECT_EQ(read_file(folder / "command.txt"), "espalier train --text 'it'\\''s a note' --set a=1 ''\n");
}

TEST(Events, RoundTripAndTornLastLine) {
  const support::TemporaryFolder folder;
  const RunFolder run(folder.path());
  EXPECT_TRUE(run.read_events().empty());
  run.append_event(step_event(1));
  run.append_event({{"kind", "note"}, {"step", 1}, {"text", "bad byte \xFF here"}});
  append_file(run.events(), R"({"kind":"step","st)");
  const std::vector<Json> events = run.read_events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0], step_event(1));
  EXPECT_EQ(events[1]["text"], "bad byte \xEF\xBF\xBD here");
}

TEST(Events, NonFiniteBecomesNull) {
  const support::TemporaryFolder folder;
  const RunFolder run(folder.path());
  Json event = step_event(3);
  event["loss"] = std::nan("");
  run.append_event(event);
  EXPECT_TRUE(run.read_events().at(0)["loss"].is_null());
}

TEST(Events, MissingKeysAreBugs) {
  const RunFolder run("nowhere");
  support::expect_error(ErrorKind::bug, [&] { run.append_event({{"kind", "step"}}); }, {"\"step\""});
  support::expect_error(ErrorKind::bug, [&] { run.append_event({{"kind", "party"}, {"step", 1}}); }, {"'party'"});
  support::expect_error(ErrorKind::bug, [&] { run.append_event({{"kind", "end"}, {"step", 1}}); }, {"'end'", "\"reason\""});
  support::expect_error(ErrorKind::bug,
                        [&] {
                          run.append_event({{"kind", "end"}, {"step", 1}, {"reason", "done"}, {"text", "x"}});
                        },
                        {"\"text\"", "not listed"});
}

/// A run can write no other key than those of event_kinds(): check_event.
TEST(Events, TheDocumentSaysWhatIsWritten) {
  const std::string document = read_file(fs::path(ESPALIER_TESTS_DIR).parent_path() / "docs/formats.md");
  const size_t begin = document.find("## events.jsonl"), end = document.find("\n## ", begin);
  ASSERT_NE(begin, std::string::npos);
  const std::string section = document.substr(begin, end - begin);
  EXPECT_NE(section.find(fmt::format("`format_version` | {}", kEventsVersion)), std::string::npos);
  std::set<std::pair<std::string, std::string>> documented, written;
  for (const std::string& line : split(section, '\n')) {
    const std::vector<std::string> cells = split(line, '|');
    if (cells.size() < 4 || trim(cells[1]).empty() || trim(cells[1]).front() != '`') continue;
    for (size_t cell : {size_t{1}, size_t{2}}) ASSERT_TRUE(trim(cells[cell]).ends_with('`')) << line;
    documented.emplace(replace_all(std::string(trim(cells[1])), "`", ""), replace_all(std::string(trim(cells[2])), "`", ""));
  }
  for (const EventKind& kind : event_kinds()) {
    for (const std::string& key : kind.keys) written.emplace(kind.name, key);
  }
  EXPECT_EQ(documented, written);
}

TEST(Events, BrokenLineNamesItsNumber) {
  const support::TemporaryFolder folder;
  folder.write("events.jsonl", "{\"kind\":\"note\"}\nnot json\n{}\n");
  support::expect_error(ErrorKind::data, [&] { RunFolder(folder.path()).read_events(); }, {"events.jsonl:2", "not json"});
}

TEST(Events, RewindDropsWhatComesLaterAndTheEnd) {
  const support::TemporaryFolder folder;
  const RunFolder run(folder.path());
  run.rewind_events(5);
  EXPECT_FALSE(fs::exists(run.events())) << "nothing to rewind";
  for (int64_t step : {1, 2, 3}) run.append_event(step_event(step));
  run.append_event({{"kind", "end"}, {"step", 2}, {"reason", "interrupted"}});
  append_file(run.events(), "{\"torn");
  run.rewind_events(2);
  EXPECT_EQ(run.read_events(), (std::vector<Json>{step_event(1), step_event(2)}));
  run.append_event(step_event(3));
  EXPECT_EQ(run.read_events().size(), 3u) << "the torn line is gone, so the next one stands alone";
}

TEST(Results, AreVersionedAndChecked) {
  const support::TemporaryFolder folder;
  const RunFolder run(folder.path());
  support::expect_error(ErrorKind::data, [&] { run.read_result(); }, {"result.json", "no such file"});
  run.write_result({{"method", "lora"}});
  EXPECT_EQ(run.read_result(), (Json{{"format_version", 1}, {"method", "lora"}}));
  const std::string first = read_file(run.result());
  run.write_result({{"method", "lora"}});
  EXPECT_EQ(read_file(run.result()), first);
  folder.write("timing.json", R"({"format_version": 9})");
  support::expect_error(ErrorKind::data, [&] { run.read_timing(); }, {"timing.json", "9", "expected 1"});
  folder.write("timing.json", "[1");
  support::expect_error(ErrorKind::data, [&] { run.read_timing(); }, {"not a JSON object"});
}

}  // namespace
}  // namespace espalier
