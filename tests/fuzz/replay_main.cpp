// Runs a fuzz target over the files of the folders named, and over every beginning and a few
// mutations of each, so that a corpus of a handful of files is a test without libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "fcgi/base/entropy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kMutations = 200;  // of each file

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

void RunAround(const std::string& seed, gatehouse::Entropy& entropy) {
  Run(seed);
  for (std::size_t n = 0; n < seed.size() && n < 4096; ++n) Run(seed.substr(0, n));
  if (seed.empty()) return;
  for (int i = 0; i < kMutations; ++i) {
    const std::string random = entropy.Bytes(5);
    const auto at = [&](std::size_t n) {
      return std::size_t{static_cast<unsigned char>(random[n])};
    };
    std::string input = seed;
    const std::size_t where = (at(0) << 8 | at(1)) % input.size();
    if (at(2) < 100) {
      input[where] = random[3];
    } else if (at(2) < 150) {
      input.erase(where, at(3) % 8);
    } else if (at(2) < 200) {
      input.insert(where, at(3) % 8 + 1, random[4]);
    } else {
      input.insert(where, input, (at(3) << 8 | at(4)) % input.size(), 64);
    }
    Run(input);
  }
}

}  // namespace

int main(int argc, char** argv) {
  gatehouse::SeededEntropy entropy(1);
  int files = 0;
  for (const char* folder : std::span(argv + 1, static_cast<std::size_t>(argc - 1))) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      RunAround(std::string(std::istreambuf_iterator<char>(file), {}), entropy);
      ++files;
    }
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
