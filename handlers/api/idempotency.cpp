#include "handlers/api/idempotency.h"

#include <algorithm>
#include <chrono>

#include "fcgi/lib/crypto.h"
#include "fcgi/run/log.h"
#include "sql/store/idempotency.h"

namespace gatehouse::api {
namespace {

constexpr std::size_t kMaxKey = 255;
constexpr std::chrono::hours kKept{24};
// Past a request's own timeout it has ended, whatever became of it.
constexpr Seconds kGrace{5};

bool IsKey(std::string_view key) {
  return !key.empty() && key.size() <= kMaxKey &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

Result<std::optional<http::Response>> Idempotency::Begin(auth::Services& services,
                                                         const auth::Caller& caller, UserId user,
                                                         Seconds timeout, std::string_view key,
                                                         std::string_view request) {
  if (!IsKey(key)) {
    return Error{ErrorCode::kValidationFailed,
                 "Idempotency-Key",
                 {{"Idempotency-Key", "invalid_format",
                   "The header must be 1 to 255 visible ASCII characters.",
                   "Something went wrong while sending your request. Please try again."}},
                 0};
  }
  const std::string key_hash(crypto::AsView(crypto::Sha256(key)));
  const TimePoint now = services.clock.Now();
  const store::IdempotencyRow mine{std::string(crypto::AsView(crypto::Sha256(request))),
                                   Uuid::V7(now, services.entropy),
                                   now + timeout + kGrace,
                                   std::nullopt,
                                   {},
                                   now};
  const auto ex = services.db.Auto(caller.deadline);
  GH_ASSIGN(bool claimed, store::ClaimIdempotencyKey(*ex, user, key_hash, mine));
  if (!claimed) {
    GH_ASSIGN(const auto row, store::FindIdempotencyKey(*ex, user, key_hash));
    const bool live =
        row && now < row->created_at + kKept && (row->status || now < row->claimed_until);
    if (live && row->request_hash != mine.request_hash) {
      return MakeError(ErrorCode::kIdempotencyKeyReused);
    }
    if (live && row->status) {
      return std::optional(http::Response::Json(static_cast<int>(*row->status), row->answer));
    }
    if (live || !row) return MakeError(ErrorCode::kIdempotencyInProgress);
    GH_ASSIGN(claimed, store::TakeOverIdempotencyKey(*ex, user, key_hash, *row, mine));
    if (!claimed) return MakeError(ErrorCode::kIdempotencyInProgress);
  }
  claim_ = Claim{user, key_hash, mine.claim};
  return std::optional<http::Response>();
}

Status Idempotency::Keep(db::Executor& ex, const http::Response& response) const {
  if (!claim_) return {};
  auto kept = store::KeepIdempotentAnswer(ex, claim_->user, claim_->key_hash, claim_->id,
                                          response.status, response.body);
  if (!kept.ok() && kept.error().code == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kIdempotencyInProgress, "taken over");
  }
  return kept;
}

void Idempotency::Release(auth::Services& services, const auth::Caller& caller) {
  if (!claim_) return;
  const auto done = store::ReleaseIdempotencyKey(*services.db.Auto(caller.deadline), claim_->user,
                                                 claim_->key_hash, claim_->id);
  if (!done.ok()) log::Warn("idempotency.not_released", {{"reason", done.error().inner}});
}

}  // namespace gatehouse::api
