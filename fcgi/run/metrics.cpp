#include "fcgi/run/metrics.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace gatehouse {
namespace {

struct Bucket {
  Micros upper;
  std::string_view label;
};
constexpr std::array<Bucket, 11> kBuckets = {{
    {Micros(100), "0.0001"},
    {Micros(500), "0.0005"},
    {Micros(1'000), "0.001"},
    {Micros(5'000), "0.005"},
    {Micros(10'000), "0.01"},
    {Micros(50'000), "0.05"},
    {Micros(100'000), "0.1"},
    {Micros(500'000), "0.5"},
    {Micros(1'000'000), "1"},
    {Micros(5'000'000), "5"},
    {Micros(30'000'000), "30"},
}};
// A histogram's slots: one a bucket (not cumulative), one for what is beyond, the sum in us.
constexpr std::uint32_t kBeyond = kBuckets.size();
constexpr std::uint32_t kSum = kBeyond + 1;
constexpr std::uint32_t kHistogramSlots = kSum + 1;

static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free,
              "counters are shared between processes");

void Increment(std::uint64_t& slot, std::uint64_t by) {
  std::atomic_ref(slot).fetch_add(by, std::memory_order_relaxed);
}

std::uint64_t Load(const std::uint64_t& slot) {
  // atomic_ref of a const object comes with C++26; loading does not write.
  return std::atomic_ref(const_cast<std::uint64_t&>(slot)).load(std::memory_order_relaxed);
}

// FNV-1a: names the file after the catalogue, nothing more.
std::uint64_t Hash(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return (hash ^ 0xff) * 0x100000001b3ULL;  // a separator that no UTF-8 holds
}

std::string Hex(std::uint64_t value) {
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
  return out;
}

std::string Seconds6(std::uint64_t micros) {
  std::string fraction = std::to_string(micros % 1'000'000);
  return std::to_string(micros / 1'000'000) + "." + std::string(6 - fraction.size(), '0') +
         fraction;
}

Error Failed(const std::string& path, int error) {
  return MakeError(ErrorCode::kInternal, path + ": " + std::strerror(error));
}

std::string Braces(const std::string& labels, std::string_view more = {}) {
  if (labels.empty() && more.empty()) return "";
  std::string out = "{" + labels;
  if (!labels.empty() && !more.empty()) out += ",";
  return out.append(more).append("}");
}

}  // namespace

Metrics& Metrics::Instance() {
  static Metrics metrics;
  return metrics;
}

Metrics::Handle Metrics::Register(std::string_view name, std::string_view help,
                                  std::string_view labels, bool histogram) {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    if (series_[i].name == name && series_[i].labels == labels) return static_cast<Handle>(i);
  }
  series_.push_back({std::string(name), std::string(help), std::string(labels), histogram,
                     static_cast<std::uint32_t>(local_.size())});
  local_.resize(local_.size() + (histogram ? kHistogramSlots : 1));
  return static_cast<Handle>(series_.size() - 1);
}

Metrics::Handle Metrics::Counter(std::string_view name, std::string_view help,
                                 std::string_view labels) {
  return Register(name, help, labels, false);
}

Metrics::Handle Metrics::Histogram(std::string_view name, std::string_view help,
                                   std::string_view labels) {
  return Register(name, help, labels, true);
}

Status Metrics::Attach(const std::string& run_dir) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const Series& s : series_) {
    hash = Hash(Hash(hash, s.name), s.labels);
    hash = Hash(hash, s.histogram ? "histogram" : "counter");
  }
  const std::string path = run_dir + "/metrics-" + Hex(hash);
  const auto size = static_cast<off_t>(local_.size() * sizeof(std::uint64_t));
  if (size == 0) return {};

  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(path, errno);
  struct stat st {};
  // Reserving the blocks now: writing to a hole on a full disk would be a SIGBUS later.
  int error = ::posix_fallocate(fd, 0, size);
  if (error == 0 && ::fstat(fd, &st) != 0) error = errno;
  if (error == 0 && (!S_ISREG(st.st_mode) || st.st_size != size)) error = EINVAL;
  void* map = MAP_FAILED;
  if (error == 0) {
    map =
        ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) error = errno;
  }
  ::close(fd);
  if (error != 0) return Failed(path, error);

  // The map lives as long as the process; an earlier one (Attach called twice) stays valid too.
  slots_ = static_cast<std::uint64_t*>(map);
  slot_count_ = static_cast<std::uint32_t>(local_.size());
  for (std::uint32_t i = 0; i < slot_count_; ++i) {
    if (local_[i] != 0) Increment(slots_[i], std::exchange(local_[i], 0));
  }
  return {};
}

// What was registered after Attach has no place in the file, and is kept for the process alone.
std::uint64_t& Metrics::Slot(std::uint32_t i) { return i < slot_count_ ? slots_[i] : local_[i]; }

const std::uint64_t& Metrics::Slot(std::uint32_t i) const {
  return i < slot_count_ ? slots_[i] : local_[i];
}

void Metrics::Add(Handle counter, std::uint64_t by) {
  Increment(Slot(series_[counter].first_slot), by);
}

void Metrics::Observe(Handle histogram, Micros duration) {
  const std::uint32_t first = series_[histogram].first_slot;
  if (duration < Micros(0)) duration = Micros(0);
  std::uint32_t bucket = 0;
  while (bucket < kBeyond && duration > kBuckets[bucket].upper) ++bucket;
  Increment(Slot(first + bucket), 1);
  Increment(Slot(first + kSum), static_cast<std::uint64_t>(duration.count()));
}

std::uint64_t Metrics::Read(Handle counter) const {
  return Load(Slot(series_[counter].first_slot));
}

std::string Metrics::RenderSeries(const Series& s) const {
  if (!s.histogram) {
    return s.name + Braces(s.labels) + " " + std::to_string(Load(Slot(s.first_slot))) + "\n";
  }
  std::string out;
  std::uint64_t count = 0;
  for (std::uint32_t i = 0; i <= kBeyond; ++i) {
    count += Load(Slot(s.first_slot + i));
    const std::string_view upper = i < kBeyond ? kBuckets[i].label : "+Inf";
    out += s.name + "_bucket" + Braces(s.labels, "le=\"" + std::string(upper) + "\"") + " " +
           std::to_string(count) + "\n";
  }
  out +=
      s.name + "_sum" + Braces(s.labels) + " " + Seconds6(Load(Slot(s.first_slot + kSum))) + "\n";
  return out + s.name + "_count" + Braces(s.labels) + " " + std::to_string(count) + "\n";
}

std::string Metrics::Render() const {
  std::string out;
  // All lines of one name stand together, as the format demands, whatever the order of registering.
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const Series& first = series_[i];
    bool done = false;
    for (std::size_t j = 0; j < i && !done; ++j) done = series_[j].name == first.name;
    if (done) continue;
    out += "# HELP " + first.name + " " + first.help + "\n# TYPE " + first.name +
           (first.histogram ? " histogram\n" : " counter\n");
    for (std::size_t j = i; j < series_.size(); ++j) {
      if (series_[j].name == first.name) out += RenderSeries(series_[j]);
    }
  }
  return out;
}

}  // namespace gatehouse
