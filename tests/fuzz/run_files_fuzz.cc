// events.jsonl, result.json and timing.json of a run folder.
#include "espalier/report/compare.h"
#include "espalier/report/run.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  static const Folder folder;
  const std::vector<std::string_view> part = parts(bytes, 3);
  folder.write("events.jsonl", part[0]);
  folder.write("result.json", part[1]);
  folder.write("timing.json", part[2]);
  const RunFolder run(folder.path());
  for (const auto& event : run.read_events()) expect(event.is_object(), "an event is an object");
  const RunSummary summary = read_run(folder.path());
  compare_table(std::span(&summary, 1)).text();
}

const AddTarget kTarget("run_files", read);

}  // namespace
}  // namespace espalier::fuzz
