// Identifiers: UUIDv7 (RFC 9562), 16 bytes, BINARY(16) in MariaDB. Each kind of thing has its own
// type, so that a user's id cannot be passed where a tenant's is due.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "fcgi/base/clock.h"
#include "fcgi/base/entropy.h"

namespace gatehouse {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  // The 16 raw bytes, valid as long as the Uuid.
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  bool is_nil() const;
  std::string ToString() const;  // lower-case, with hyphens
  // Canonical text form only (36 characters; either case).
  static std::optional<Uuid> Parse(std::string_view text);
  // Exactly 16 raw bytes.
  static std::optional<Uuid> FromBytes(std::string_view raw);
  // Version 7: 48 bits of Unix milliseconds, the rest random.
  static Uuid V7(TimePoint now, Entropy& entropy);

  auto operator<=>(const Uuid&) const = default;
};

template <class Tag>
struct Id {
  Uuid uuid;

  std::string_view view() const { return uuid.view(); }
  std::string ToString() const { return uuid.ToString(); }
  static std::optional<Id> Parse(std::string_view text) {
    auto u = Uuid::Parse(text);
    return u ? std::optional<Id>(Id{*u}) : std::nullopt;
  }
  static Id New(TimePoint now, Entropy& entropy) { return Id{Uuid::V7(now, entropy)}; }
  auto operator<=>(const Id&) const = default;
};

using TenantId = Id<struct TenantTag>;
using UserId = Id<struct UserTag>;
using SessionId = Id<struct SessionTag>;
using RoleId = Id<struct RoleTag>;
using LinkId = Id<struct LinkTag>;
using MailId = Id<struct MailTag>;
using AttemptId = Id<struct AttemptTag>;
using EventId = Id<struct EventTag>;
using CredentialId = Id<struct CredentialTag>;
using IdentityId = Id<struct IdentityTag>;

}  // namespace gatehouse
