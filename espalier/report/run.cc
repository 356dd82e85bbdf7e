// The run folder: preparing it, event lines that survive a kill, versioned JSON files.
#include "espalier/report/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>

#include "espalier/base/error.h"
#include "espalier/base/folder.h"
#include "espalier/base/text.h"
#include "espalier/report/event.h"

namespace espalier {
namespace {

using Json = nlohmann::json;

constexpr int kFormatVersion = 1;
// plan.toml last: a folder that is being cleared stays a run until nothing else of it is left.
constexpr std::array kRunNames{
    "result.json",  "timing.json", "dev_predictions.tsv", "confusion.svg", "curve.svg",   "tensorboard", "environment.json",
    "profile.json", "adapter",     "checkpoints",         "events.jsonl",  "command.txt", "plan.toml"};

// Non-finite numbers become null, invalid UTF-8 U+FFFD.
std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

struct EventLine {
  std::string text;
  Json event;
};

std::vector<EventLine> event_lines(const fs::path& path) {
  std::vector<EventLine> out;
  if (!fs::exists(path)) return out;
  const std::string text = read_file(path);
  for (size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;  // torn: every whole line ends with a line feed
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    Json event = Json::parse(line, nullptr, false);
    if (!event.is_object()) {
      throw data_error("not a JSON object: {}", printable(line)).at(fmt::format("{}:{}", path.string(), number));
    }
    out.push_back({std::move(line), std::move(event)});
  }
  return out;
}

int64_t step_of(const Json& event) {
  const auto step = event.find("step");
  return step != event.end() && step->is_number_integer() ? step->get<int64_t>() : 0;
}

void write_versioned(const fs::path& path, Json json) {
  json["format_version"] = kFormatVersion;
  write_file(path, json_text(json, 2));
}

Json read_versioned(const fs::path& path) {
  if (!fs::exists(path)) throw data_error("there is no such file").at(path.string()).hint("a run writes it when it ends");
  Json json = Json::parse(read_file(path), nullptr, false);
  if (!json.is_object()) throw data_error("not a JSON object").at(path.string());
  const auto version = json.find("format_version");
  if (version == json.end() || *version != kFormatVersion) {
    throw data_error("format_version is {}; expected {}", version == json.end() ? "missing" : version->dump(), kFormatVersion)
        .at(path.string());
  }
  return json;
}

/// Holds more than what a run leaves that was killed before its plan stood there.
bool occupied(const fs::path& path) {
  if (!fs::exists(path)) return false;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(path, failure)) {
    const std::string name = entry.path().filename().string();
    if (name != FolderLock::kName && name != "command.txt" && !is_leftover(name)) return true;
  }
  if (failure) throw data_error("the folder cannot be read: {}", failure.message()).at(path.string());
  return false;
}

void refuse_occupied(const fs::path& path) {
  if (!occupied(path)) return;
  throw usage_error("the folder is not empty")
      .at(path.string())
      .hint("--resume continues the run that is there, --overwrite replaces it, or name another folder with --out");
}

void refuse_without_plan(const fs::path& path) {
  if (fs::exists(path / "plan.toml")) return;
  const fs::path command = path / "command.txt";
  if (fs::exists(command) && !occupied(path)) {
    throw usage_error("the run was ended before its plan was written, so there is nothing to go on from")
        .at(path.string())
        .hint("start it again: " + std::string(trim(read_file(command))));
  }
  throw usage_error("there is no run to resume: plan.toml is missing")
      .at(path.string())
      .hint("leave out --resume to start a new run");
}

void remove_run(const fs::path& path) {
  if (!fs::exists(path / "plan.toml") && !fs::exists(path / "events.jsonl")) {
    throw usage_error("the folder is not empty and holds no run: neither plan.toml nor events.jsonl")
        .at(path.string())
        .hint("name another folder; --overwrite replaces nothing but a run");
  }
  for (const char* name : kRunNames) {
    std::error_code failure;
    fs::remove_all(path / name, failure);
    if (failure) throw data_error("cannot be removed: {}", failure.message()).at((path / name).string());
  }
}

// 'it'\''s': nothing inside single quotes is special to a shell.
std::string shell_word(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  return "'" + replace_all(word, "'", "'\\''") + "'";
}

}  // namespace

RunFolder RunFolder::prepare(const fs::path& path, Existing existing) {
  if (fs::exists(path) && !fs::is_directory(path)) {
    throw usage_error("a file stands where the run folder should be").at(path.string()).hint("name another folder with --out");
  }
  if (existing == Existing::resume) refuse_without_plan(path);
  if (existing == Existing::refuse) refuse_occupied(path);
  make_folder(path);
  sync_path(fs::absolute(path).parent_path());
  RunFolder folder(path);
  folder.lock_ = std::make_shared<const FolderLock>(path);
  if (existing == Existing::refuse) refuse_occupied(path);  // another process may have been faster
  if (existing == Existing::overwrite && occupied(path)) remove_run(path);
  remove_leftovers(path);
  return folder;
}

fs::path RunFolder::checkpoint(int64_t step) const { return checkpoints() / fmt::format("step-{:06}", step); }

std::vector<int64_t> RunFolder::checkpoint_steps() const {
  std::vector<int64_t> steps;
  if (!fs::is_directory(checkpoints())) return steps;
  for (const fs::directory_entry& entry : fs::directory_iterator(checkpoints())) {
    const std::string name = entry.path().filename().string();
    const std::optional<int64_t> step = name.starts_with("step-") ? parse_int(name.substr(5)) : std::nullopt;
    if (step && *step >= 0 && checkpoint(*step).filename() == name && entry.is_directory()) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

void RunFolder::write_plan(std::string_view toml) const { write_file(plan(), toml); }

void RunFolder::write_command(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words;
  for (const std::string& argument : arguments) words.push_back(shell_word(argument));
  write_file(command(), join(words, " ") + "\n");
}

void RunFolder::append_event(const Json& event) const {
  check_event(event);
  append_file(events(), json_text(event, -1));
}

std::vector<Json> RunFolder::read_events() const {
  std::vector<Json> out;
  for (EventLine& line : event_lines(events())) out.push_back(std::move(line.event));
  return out;
}

void RunFolder::rewind_events(int64_t step) const {
  if (!fs::exists(events())) return;
  std::string kept;
  for (const EventLine& line : event_lines(events())) {
    if (step_of(line.event) <= step && line.event.value("kind", "") != "end") kept += line.text + "\n";
  }
  write_file(events(), kept);
}

void RunFolder::sync_events() const {
  if (fs::exists(events())) sync_path(events());
}

void RunFolder::write_result(Json json) const { write_versioned(result(), std::move(json)); }
void RunFolder::write_timing(Json json) const { write_versioned(timing(), std::move(json)); }
Json RunFolder::read_result() const { return read_versioned(result()); }
Json RunFolder::read_timing() const { return read_versioned(timing()); }

}  // namespace espalier
