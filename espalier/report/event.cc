#include "espalier/report/event.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"

namespace espalier {

const std::vector<EventKind>& event_kinds() {
  static const std::vector<EventKind> kinds{
      {"start", {"format_version", "plan", "from_step"}},
      {"step", {"epoch", "loss", "learning_rate", "gradient_norm", "examples", "tokens", "seconds"}},
      {"evaluate", {"epoch", "split", "metrics"}},
      {"checkpoint", {"path", "best"}},
      {"note", {"text"}},
      {"skip", {"what", "rows", "skipped"}},
      {"end", {"reason"}},
  };
  return kinds;
}

void check_event(const nlohmann::json& event) {
  if (!event.is_object() || !event.contains("kind") || !event["kind"].is_string() || !event.contains("step") ||
      !event["step"].is_number_integer()) {
    throw bug_error("an event needs a text \"kind\" and a whole \"step\"");
  }
  const std::string kind = event["kind"];
  const auto& kinds = event_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const EventKind& k) { return k.name == kind; });
  if (found == kinds.end()) throw bug_error("event kind '{}' is not one of those in report/event.h", kind);
  for (const std::string& key : found->keys) {
    if (!event.contains(key)) throw bug_error("event '{}' lacks its key \"{}\"", kind, key);
  }
  for (const auto& [key, value] : event.items()) {
    const bool known =
        key == "kind" || key == "step" || std::find(found->keys.begin(), found->keys.end(), key) != found->keys.end();
    if (!known) throw bug_error("event '{}' has a key \"{}\", which is not listed", kind, key);
  }
}

}  // namespace espalier
