// Where notes for the user go. Layers below the command never print; they are handed a Log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace espalier {

class Log {
 public:
  virtual ~Log() = default;
  virtual void note(std::string_view line) = 0;  ///< something the user wants to know
  virtual void warn(std::string_view line) = 0;  ///< something the user should act on or know was changed
};

/// Keeps lines, for tests and for reports written later.
class MemoryLog final : public Log {
 public:
  void note(std::string_view line) override { notes.emplace_back(line); }
  void warn(std::string_view line) override { warnings.emplace_back(line); }
  std::vector<std::string> notes, warnings;
};

}  // namespace espalier
