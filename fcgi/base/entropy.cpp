#include "fcgi/base/entropy.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace gatehouse {

std::string Entropy::Bytes(std::size_t n) {
  std::string out(n, '\0');
  Fill({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
  return out;
}

void SystemEntropy::Fill(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = getrandom(out.data() + done, out.size() - done, 0);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      std::abort();
    }
  }
}

void SeededEntropy::Fill(std::span<std::uint8_t> out) {
  for (auto& byte : out) {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    byte = static_cast<std::uint8_t>(z >> 56U);
  }
}

}  // namespace gatehouse
