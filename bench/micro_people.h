// Who the micro-benchmarks are about.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "handlers/auth/live_tokens.h"
#include "handlers/auth/proof.h"
#include "handlers/auth/token.h"
#include "tests/support/process.h"

namespace gatehouse::bench {

inline constexpr const char* kIssuer = "https://gate.test";

[[noreturn]] inline void Fail(const std::string& why) {
  std::fprintf(stderr, "bench_micro: %s\n", why.c_str());
  std::exit(1);
}
template <class T>
T Must(Result<T> result) {
  if (!result.ok()) Fail(result.error().inner);
  return std::move(result).value();
}
inline void Must(const Status& status) {
  if (!status.ok()) Fail(status.error().inner);
}

// "bench:thing0:view" and so on, sorted.
inline std::vector<std::string> Permissions(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back("bench:thing" + std::to_string(i) + ":view");
  std::sort(out.begin(), out.end());
  return out;
}

inline auth::TokenSubject NewSubject(TimePoint now, Entropy& entropy) {
  auth::TokenSubject out;
  out.user_id = UserId::New(now, entropy);
  out.tenant_id = TenantId::New(now, entropy);
  out.session_id = SessionId::New(now, entropy);
  out.email = out.username = "ann@example.test";
  out.roles = {"Clerk"};
  out.permissions = Permissions(3);
  out.amr = "pwd";
  out.authenticated_at = now;
  return out;
}

// Of a session that has just begun.
inline auth::Proof NewProof(const auth::TokenSubject& subject, TimePoint now) {
  auth::Proof out;
  out.read_at = out.last_active_at = out.authenticated_at = now;
  out.session_id = subject.session_id;
  out.user_id = subject.user_id;
  out.tenant_id = subject.tenant_id;
  out.tenant_generation = 1;
  out.session_expires_at = now + Seconds(86'400);
  out.access_ttl = Seconds(3600);
  out.tenant_slug = "acme";
  out.email = out.name = subject.email;
  out.amr = subject.amr;
  out.roles = subject.roles;
  out.permissions = subject.permissions;
  out.session_ip = "127.0.0.1";
  return out;
}

}  // namespace gatehouse::bench
