// Metrics (SPEC A2): counters and histograms in one file of shared memory per installation
// (<run_dir>/metrics-<hash of the catalogue>), so that every worker of every pool adds to the same
// numbers, a restarted worker goes on where it was, and any worker can print the sums.
//
// The catalogue is registered once at start, in the same order in every process, before Attach.
// Adding is one relaxed atomic increment. Without a file (Attach failed or was not called) metrics
// are kept for the process alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/result.h"

namespace gatehouse {

class Metrics {
 public:
  using Handle = std::uint32_t;

  static Metrics& Instance();

  // `labels` as Prometheus writes them, without braces: `route="verify",status="2xx"`. One name
  // may be registered with many labels; help is taken from the first.
  Handle Counter(std::string_view name, std::string_view help, std::string_view labels = {});
  // Buckets in seconds: 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, +Inf.
  Handle Histogram(std::string_view name, std::string_view help, std::string_view labels = {});

  Status Attach(const std::string& run_dir);

  void Add(Handle counter, std::uint64_t by = 1);
  void Observe(Handle histogram, Micros duration);
  std::uint64_t Read(Handle counter) const;

  // Prometheus text exposition format 0.0.4.
  std::string Render() const;

 private:
  Metrics() = default;
  struct Series {
    std::string name, help, labels;
    bool histogram;
    std::uint32_t first_slot;
  };
  Handle Register(std::string_view name, std::string_view help, std::string_view labels,
                  bool histogram);
  std::uint64_t& Slot(std::uint32_t i);
  const std::uint64_t& Slot(std::uint32_t i) const;
  std::string RenderSeries(const Series& series) const;

  std::vector<Series> series_;
  std::vector<std::uint64_t> local_;
  std::uint64_t* slots_ = nullptr;
  std::uint32_t slot_count_ = 0;
};

}  // namespace gatehouse
