// The lines of events.jsonl: which kinds there are, and which keys each has. docs/formats.md says what they mean.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace espalier {

struct EventKind {
  std::string name;
  std::vector<std::string> keys;  ///< beside "kind" and "step", which every event has
};

inline constexpr int kEventsVersion = 1;  ///< the "format_version" of a start event
const std::vector<EventKind>& event_kinds();
/// A bug Error where the kind is not listed, or its keys are not exactly those listed.
void check_event(const nlohmann::json& event);

}  // namespace espalier
