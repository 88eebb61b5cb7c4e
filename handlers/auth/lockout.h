// When an identifier is locked (SPEC L1). Pure.
#pragma once

#include <span>

#include "fcgi/base/clock.h"
#include "handlers/auth/settings.h"

namespace gatehouse::auth {

struct LockoutState {
  bool locked = false;
  Seconds retry_after{0};  // rounded up, at least 1 where locked
};

// Failures from before this are of no account.
TimePoint LockoutHorizon(TimePoint now, const TenantSettings& settings);

// `failures`: times of the evaluated failures since the last success, newest first, at least the
// newest `lockout_threshold` of them. Locked where that many lie within one window, until
// `lockout_duration` after the newest. Attempts made while locked are not evaluated, so they are
// not among `failures` and never move the end.
LockoutState EvaluateLockout(std::span<const TimePoint> failures, TimePoint now,
                             const TenantSettings& settings);

}  // namespace gatehouse::auth
