// What the tests of sql/ share: a clean schema, the application's connection, and rows to begin
// with.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "fcgi/base/entropy.h"
#include "sql/db/database.h"
#include "sql/store/roles.h"
#include "sql/store/sessions.h"
#include "sql/store/tenants.h"
#include "sql/store/users.h"
#include "tests/support/mariadb.h"

namespace gatehouse {

using support::TestDatabase;

// The error's public name, or "ok": reads well where a test fails.
template <class T>
std::string Code(const Result<T>& result) {
  return result.ok() ? "ok" : std::string(Info(result.error().code).name);
}

template <class T>
::testing::AssertionResult IsOk(const Result<T>& result) {
  if (result.ok()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << Code(result) << " (" << result.error().inner << ")";
}
#define ASSERT_GH_OK(...) ASSERT_TRUE(IsOk(__VA_ARGS__))
#define EXPECT_GH_OK(...) EXPECT_TRUE(IsOk(__VA_ARGS__))

class SqlTest : public ::testing::Test {
 protected:
  SqlTest() : server_(TestDatabase::Instance()), db_(server_.app()) { server_.Reset(); }

  static Deadline Soon() { return Deadline::In(Seconds(20)); }
  db::Executor& ex() {
    auto_ = db_.Auto(Soon());
    return *auto_;
  }

  // The value, where a test cannot go on without it.
  template <class T>
  static T Must(Result<T> result) {
    if (!result.ok()) {
      ADD_FAILURE() << result.error().inner;
      std::abort();
    }
    return std::move(result).value();
  }
  static void Must(const Status& status) {
    if (!status.ok()) {
      ADD_FAILURE() << status.error().inner;
      std::abort();
    }
  }

  template <class IdType>
  IdType NewId() {
    return IdType::New(now_, entropy_);
  }

  store::Tenant NewTenant(const std::string& slug) {
    store::Tenant tenant;
    tenant.id = NewId<TenantId>();
    tenant.slug = slug;
    tenant.name = "Tenant " + slug;
    tenant.settings = "{}";
    tenant.created_at = tenant.updated_at = now_;
    Must(store::InsertTenant(ex(), tenant, std::nullopt));
    return tenant;
  }

  store::User NewUser(TenantId tenant, const std::string& email,
                      store::UserStatus status = store::UserStatus::kActive) {
    store::User user;
    user.id = NewId<UserId>();
    user.tenant_id = tenant;
    user.email = email;
    user.status = status;
    user.created_at = user.updated_at = now_;
    Must(store::InsertUser(ex(), user));
    return user;
  }

  store::Session MakeSession(const store::User& user, TimePoint created_at) {
    store::Session s;
    s.id = NewId<SessionId>();
    s.tenant_id = user.tenant_id;
    s.user_id = user.id;
    s.device_id = "d1";
    s.device_name = "Laptop";
    s.device_type = "web";
    s.ip = "192.0.2.1";
    s.user_agent = "test";
    s.amr = "pwd";
    s.authenticated_at = s.created_at = s.last_active_at = s.refresh_rotated_at = created_at;
    s.expires_at = created_at + std::chrono::hours(24);
    s.refresh_key = std::string("\0\xff\x80key", 6);
    s.refresh_kid = "r1";
    return s;
  }
  store::Session NewSession(const store::User& user, TimePoint created_at) {
    auto session = MakeSession(user, created_at);
    Must(store::InsertSession(ex(), session));
    return session;
  }

  // 2026-03-01T12:00:00.123456Z
  TimePoint now_{Micros(1'772'366'400'123'456)};
  SeededEntropy entropy_{7};
  TestDatabase& server_;
  db::Database db_;

 private:
  std::unique_ptr<db::Executor> auto_;
};

inline Millis Since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
}

}  // namespace gatehouse
