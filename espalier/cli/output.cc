#include "espalier/cli/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "espalier/base/error.h"
#include "espalier/base/threads.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

Error output_error() { return data_error("standard output cannot be written: {}", std::strerror(errno)); }

}  // namespace

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) throw output_error();
}

int finish_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw output_error();
  return 0;
}

void Console::note(std::string_view line) {
  if (bar_ != nullptr) return bar_->print(line);
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", line);
}

void Console::warn(std::string_view line) { note(fmt::format("warning: {}", line)); }

void use_threads(int64_t asked) {
  if (asked < 0) throw usage_error("--threads {}; expected at least 1", asked);
  at::set_num_threads(asked > 0 ? int(asked) : usable_cores());
}

}  // namespace espalier
