// Work on hostile input in a child process of its own, with limits on memory and time, so that
// neither a bug of a library nor a bomb takes the worker with it.
//
// The child is a fork: it sees the caller's memory as it was (a decoder that is taken over could
// read secrets there and hand them back as its result, and no further: it has no descriptor but
// the pipe and standard error). It runs no destructors and no exit handlers.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "fcgi/base/clock.h"
#include "fcgi/base/result.h"

namespace gatehouse {

struct Confinement {
  std::size_t memory;  // bytes of address space beyond what the caller has when it forks
  Seconds cpu;         // of processor time, at least 1 s
  std::size_t output;  // bytes that the result may have
};

struct ConfinedResult {
  bool done = false;  // the work returned a value
  // What the work returned; where it did not, why (for the log: the error's inner text, or what
  // became of the child).
  std::string bytes;
};

// Runs `work` in a child and waits for it; the child is always gone and reaped afterwards. A child
// that fails, dies or says too much is a result, not an error. Errors: kTimeout at the deadline,
// kUnavailable where no child can be made. The caller must have a single thread. Not interrupted
// by signals.
Result<ConfinedResult> RunConfined(const Confinement& limits, const Deadline& deadline,
                                   const std::function<Result<std::string>()>& work);

}  // namespace gatehouse
