// The owner of OpenSSL: digests, MACs, authenticated encryption, constant-time comparison.
// Nothing here returns an error for bad input of ours; a failure inside OpenSSL (out of memory,
// broken provider) aborts the process, because going on without crypto is never right. Opening a
// sealed box is different: a forged one is an expected answer.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

using Digest = std::array<std::uint8_t, 32>;

inline std::string_view AsView(const Digest& d) {
  return {reinterpret_cast<const char*>(d.data()), d.size()};
}

Digest Sha256(std::string_view data);

// Compares in time that depends on the lengths only.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

// HMAC-SHA256 (RFC 2104) under one key, with the key schedule computed once and the context kept
// (0.3 us a call, against 1.1 us for the one-shot interface). Not thread-safe; movable.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);  // copies the key into OpenSSL's context
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;
  ~HmacSha256();

  // MAC over the concatenation of `parts`. Callers that join fields of variable length must
  // length-prefix them (see LengthPrefixed).
  Digest Mac(std::initializer_list<std::string_view> parts) const;
  Digest Mac(std::string_view data) const { return Mac({data}); }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// HMAC-SHA1, for one-time passwords alone (RFC 4226): authenticators know no other.
using Sha1Digest = std::array<std::uint8_t, 20>;
Sha1Digest HmacSha1(std::string_view key, std::string_view data);

// Joins fields unambiguously: each as 4 bytes big-endian length, then the bytes.
std::string LengthPrefixed(std::initializer_list<std::string_view> fields);

// AES-256-GCM with a random 96-bit nonce in front: nonce || ciphertext || tag.
// `key` must have 32 bytes. `aad` binds the box to its place (table, column, row).
std::string Seal(std::string_view key, std::string_view nonce12, std::string_view plaintext,
                 std::string_view aad);
// nullopt where the box was not made with this key and aad.
std::optional<std::string> Open(std::string_view key, std::string_view box, std::string_view aad);

}  // namespace gatehouse::crypto
