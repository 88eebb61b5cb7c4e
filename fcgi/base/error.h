// The error catalogue: every error that Gatehouse can answer with, in one table (API.md,
// "Error codes"; SPEC E4). A row is the public contract: the stable code, the HTTP status, a title,
// a message for developers and one for the people who use the site. nginx's own error pages and
// the OpenAPI document are made from the same rows.
//
// An Error carries a public code, which leaves the process, and an inner detail, which is only
// logged (it may name statements, hosts and reasons for which a caller has no business).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

enum class ErrorCode : std::uint8_t {
  kMalformedJson,
  kInvalidLink,  // public code invalid_token, but 400: a mailed link
  kAuthenticationRequired,
  kInvalidToken,
  kInvalidRefreshToken,
  kInvalidCredentials,
  kInvalidCode,
  kInvalidChallenge,
  kInvalidClient,
  kPermissionDenied,
  kNoRoleAssigned,
  kEscalation,
  kCsrfFailed,
  kOriginNotAllowed,
  kWrongPassword,
  kSecondFactorRequired,
  kEmailNotVerified,
  kAccountDisabled,
  kTenantSuspended,
  kSubscriptionExpired,
  kPasswordChangeRequired,
  kTwoFactorEnrolmentRequired,
  kRegistrationClosed,
  kRegistrationDomainNotAllowed,
  kNotFound,
  kMethodNotAllowed,
  kAlreadyExists,
  kIdempotencyInProgress,
  kRoleInUse,
  kTenantNotEmpty,
  kTenantUserLimit,
  kLastTenantAdmin,
  kLastSignInMethod,
  kTwoFactorAlreadyEnabled,
  kBodyTooLarge,
  kUnsupportedMediaType,
  kValidationFailed,
  kWeakPassword,
  kUnknownTenant,
  kUnknownPermission,
  kUnsupportedImage,
  kIdempotencyKeyReused,
  kTooManyAttempts,
  kRateLimited,
  kInternal,
  kBadGateway,
  kUnavailable,
  kTimeout,
};

// One row of the catalogue. All views have static storage.
struct ErrorInfo {
  ErrorCode code;
  int status;                     // HTTP status
  std::string_view name;          // stable public code, "malformed_json"
  std::string_view title;         // RFC 9457 title
  std::string_view detail;        // for developers
  std::string_view user_message;  // for people
};

// The row of a code. Total: every code has one (a test walks them).
const ErrorInfo& Info(ErrorCode code);

// All rows, in the order of ErrorCode.
std::span<const ErrorInfo> ErrorCatalogue();

// What is wrong with one field of a request (RFC 6901 pointer into the body, or "?name" for a
// query parameter). Everything here is public.
struct FieldError {
  std::string pointer;
  std::string code;  // "required", "unknown_field", "wrong_type", "too_short", …
  std::string detail;
  std::string user_message;
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string inner;               // logged, never sent
  std::vector<FieldError> fields;  // sent with 422
  int retry_after_s = 0;           // seconds; sent as Retry-After where it is over 0
};

// Short spellings for the two common shapes.
inline Error MakeError(ErrorCode code, std::string inner = {}) {
  return Error{code, std::move(inner), {}, 0};
}
inline Error RetryLater(ErrorCode code, int retry_after_s, std::string inner = {}) {
  return Error{code, std::move(inner), {}, retry_after_s};
}

}  // namespace gatehouse
