// Who goes first where processor time is short.
#pragma once

namespace gatehouse {

// For a process whose work is long and may wait, a password's hash say, beside others whose work is
// short and may not: gives way to them (nice 5; on an idle machine it costs nothing). Needs no
// privilege, and cannot be taken back. Linux alone looks at it in two places: among the processes
// of a session, and, where sessions compete with each other (autogroup, sched(7)), at the session,
// which is touched only if a supervisor of our own leads it. Units of systemd with CPUWeight= are
// beyond either.
//
// To be called before ForbidCoreDumps, which closes /proc/self to an unprivileged process. False
// where the system does not allow it.
bool GiveWay();

}  // namespace gatehouse
