#include "fcgi/base/secret.h"

#include <cstring>
#include <utility>

namespace gatehouse {

void Wipe(void* data, std::size_t size) {
  if (size > 0) explicit_bzero(data, size);
}

void Wipe(std::string& text) {
  // The whole buffer: an earlier, longer value may have left its tail behind.
  text.resize(text.capacity());
  Wipe(text.data(), text.size());
  text.clear();
}

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { Wipe(other.bytes_); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe(bytes_);
    bytes_ = std::move(other.bytes_);
    Wipe(other.bytes_);
  }
  return *this;
}

}  // namespace gatehouse
