// A process that has no network: for a child between fork and exec.
#pragma once

namespace espalier::test {

/// From now on every call of socket(), of whatever family, ends the process with SIGSYS, in programs that it starts too.
void forbid_sockets();
/// A network without interfaces that are up; false where the kernel does not let us.
bool enter_empty_network();

}  // namespace espalier::test
