// Standard output, checked, and the notes on standard error.
#pragma once

#include <string_view>

#include "espalier/base/log.h"
#include "espalier/report/progress.h"

namespace espalier {

/// To standard output. Throws when it cannot be written, as on a full disk.
void print(std::string_view text);
/// Flushes standard output; 0, or an Error when something could not be written.
int finish_output();

/// Notes and warnings as lines on standard error, above the progress bar where there is one.
class Console final : public Log {
 public:
  void note(std::string_view line) override;
  void warn(std::string_view line) override;
  void show_above(ProgressBar* bar) { bar_ = bar; }

 private:
  ProgressBar* bar_ = nullptr;
};

/// As many threads as asked for; 0 = the usable cores.
void use_threads(int64_t asked);

}  // namespace espalier
