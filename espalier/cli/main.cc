// The program: everything thrown ends here, as one block on standard error and an exit code: 0 done, 1 failed, 2 wrongly used,
// 130 stopped by Ctrl-C.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>

#include "espalier/base/error.h"
#include "espalier/cli/program.h"

#ifdef ESPALIER_JEMALLOC
// Training frees and takes the same large blocks each step: giving them back to the system in between costs a third of a step.
// What lies free for ten seconds goes back: kept for good, runs whose batches grow in length hold many times what a step needs.
extern "C" {
const char* malloc_conf = "oversize_threshold:0,dirty_decay_ms:10000,muzzy_decay_ms:0";
}
#endif

int main(int count, char** arguments) {
  try {
    return espalier::run_program(count, arguments);
  } catch (const espalier::Error& error) {
    std::fflush(stdout);
    fmt::print(stderr, "espalier: {}\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    std::fflush(stdout);
    fmt::print(stderr, "espalier: out of memory\n  try: a smaller --batch or --max-length, or --set data.tokens=4096\n");
  } catch (const std::exception& error) {
    std::fflush(stdout);
    fmt::print(stderr, "espalier: {}\n  try: this is a mistake of espalier itself; please report it with the command line\n",
               error.what());
  }
  return 1;
}
