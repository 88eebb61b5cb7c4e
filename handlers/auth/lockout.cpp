#include "handlers/auth/lockout.h"

#include <algorithm>

namespace gatehouse::auth {

TimePoint LockoutHorizon(TimePoint now, const TenantSettings& settings) {
  // The newest locks for a duration, and the oldest of the same lock is a window older at most.
  return now - settings.lockout_duration - settings.lockout_window - Seconds(1);
}

LockoutState EvaluateLockout(std::span<const TimePoint> failures, TimePoint now,
                             const TenantSettings& settings) {
  const auto threshold = static_cast<std::size_t>(settings.lockout_threshold);
  if (failures.size() < threshold) return {};
  const TimePoint newest = failures[0];
  const TimePoint oldest = failures[threshold - 1];
  if (newest - oldest > settings.lockout_window) return {};
  const TimePoint end = newest + settings.lockout_duration;
  if (now >= end) return {};
  return {true, std::max(Seconds(1), std::chrono::ceil<Seconds>(end - now))};
}

}  // namespace gatehouse::auth
