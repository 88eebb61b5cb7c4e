// Processor time of this process, for a test that something costs little: unlike time by the wall
// it does not fail because others keep the machine busy.
#pragma once

#include <chrono>
#include <ctime>

namespace gatehouse {

inline std::chrono::microseconds CpuTime() {
  return std::chrono::microseconds(static_cast<long long>(std::clock()) * 1'000'000 /
                                   CLOCKS_PER_SEC);
}

}  // namespace gatehouse
