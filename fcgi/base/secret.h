// Secret: bytes that must not leak. Not copyable, wiped on destruction, without stream operator.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse {

// Overwrites memory in a way that the optimizer keeps.
void Wipe(void* data, std::size_t size);
void Wipe(std::string& text);  // and leaves it empty

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { Wipe(bytes_); }

  Secret Clone() const { return Secret(bytes_); }  // spelled out, so that a copy is a decision
  std::string_view Reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

}  // namespace gatehouse
