#include "espalier/cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace espalier {
namespace {

std::atomic<bool> stopped{false};
std::atomic<int> signal_number{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

struct sigaction old_interrupt, old_terminate;

void on_signal(int number) {
  const int saved = errno;
  stopped = true;
  signal_number = number;
  const char text[] = "\nstopping after this step; once more stops at once\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, sizeof text - 1);
  errno = saved;
}

}  // namespace

Interrupt::Interrupt() {
  stopped = false;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  ::sigaction(SIGINT, &action, &old_interrupt);
  ::sigaction(SIGTERM, &action, &old_terminate);
}

Interrupt::~Interrupt() {
  ::sigaction(SIGINT, &old_interrupt, nullptr);
  ::sigaction(SIGTERM, &old_terminate, nullptr);
}

const std::atomic<bool>* Interrupt::flag() const { return &stopped; }

int Interrupt::exit_code() const { return 128 + (signal_number != 0 ? signal_number.load() : SIGINT); }

}  // namespace espalier
