// Randomness. Rules take an Entropy&, so that tests can fix it; production has SystemEntropy only.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace gatehouse {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void Fill(std::span<std::uint8_t> out) = 0;

  std::string Bytes(std::size_t n);
};

// getrandom(2); aborts the process where the kernel has none to give (never observed past boot).
class SystemEntropy final : public Entropy {
 public:
  void Fill(std::span<std::uint8_t> out) override;
};

// A repeatable stream for tests (SplitMix64 of a seed). Not for anything else.
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : state_(seed) {}
  void Fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t state_;
};

}  // namespace gatehouse
