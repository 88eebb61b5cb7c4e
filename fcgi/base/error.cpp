#include "fcgi/base/error.h"

#include <array>

namespace gatehouse {
namespace {

using enum ErrorCode;

// clang-format off
constexpr std::array kCatalogue = {
    ErrorInfo{kMalformedJson, 400, "malformed_json", "Malformed JSON", "The request could not be read: the body must be one JSON document in UTF-8, without duplicate members, at most 16 levels deep.", "Something went wrong while sending your request. Please try again."},
    ErrorInfo{kInvalidLink, 400, "invalid_token", "Invalid link", "The token of this link is unknown, used, replaced or expired.", "This link is no longer valid. Please ask for a new one."},
    ErrorInfo{kAuthenticationRequired, 401, "authentication_required", "Authentication required", "The request carries no credential.", "Please sign in."},
    ErrorInfo{kInvalidToken, 401, "invalid_token", "Invalid token", "The access token is not valid (any more).", "Your session has ended. Please sign in again."},
    ErrorInfo{kInvalidRefreshToken, 401, "invalid_refresh_token", "Invalid refresh token", "The refresh token is not valid (any more).", "Your session has ended. Please sign in again."},
    ErrorInfo{kInvalidCredentials, 401, "invalid_credentials", "Invalid credentials", "E-mail address and password do not match.", "The e-mail address or the password is wrong."},
    ErrorInfo{kInvalidCode, 401, "invalid_code", "Invalid code", "The second-factor code is wrong, expired or already used.", "That code is not right. Please wait for the next one and try again."},
    ErrorInfo{kInvalidChallenge, 401, "invalid_challenge", "Invalid challenge", "The second-factor challenge is unknown, expired or used up.", "That took too long. Please sign in again."},
    ErrorInfo{kInvalidClient, 401, "invalid_client", "Invalid client", "The service credential is missing or wrong.", "This service is not allowed to ask."},
    ErrorInfo{kPermissionDenied, 403, "permission_denied", "Permission denied", "The caller lacks the permission or role that this needs.", "You are not allowed to do that."},
    ErrorInfo{kNoRoleAssigned, 403, "no_role_assigned", "No role assigned", "The caller has no role yet; an administrator has to assign one.", "Your account is waiting for an administrator to give you access."},
    ErrorInfo{kEscalation, 403, "escalation", "Escalation refused", "Nobody can grant, or act upon, what they do not hold themselves.", "You are not allowed to do that."},
    ErrorInfo{kCsrfFailed, 403, "csrf_failed", "CSRF check failed", "A cookie request with an unsafe method needs X-CSRF-Token, equal to the CSRF cookie and valid for this session.", "Please reload the page and try again."},
    ErrorInfo{kOriginNotAllowed, 403, "origin_not_allowed", "Origin not allowed", "The Origin of the request is not on the allowlist.", "This page is not allowed to do that."},
    ErrorInfo{kWrongPassword, 403, "wrong_password", "Wrong password", "The current password is wrong.", "Your current password is not right."},
    ErrorInfo{kSecondFactorRequired, 403, "second_factor_required", "Second factor required", "A second-factor code is needed as well.", "Please enter the code from your authenticator app."},
    ErrorInfo{kEmailNotVerified, 403, "email_not_verified", "E-mail address not verified", "The e-mail address of this account has not been verified yet.", "Please confirm your e-mail address first: open the link that we sent you."},
    ErrorInfo{kAccountDisabled, 403, "account_disabled", "Account disabled", "The account is disabled.", "Your account is switched off. Please talk to your administrator."},
    ErrorInfo{kTenantSuspended, 403, "tenant_suspended", "Tenant suspended", "The tenant is suspended.", "Your organisation's access is suspended."},
    ErrorInfo{kSubscriptionExpired, 403, "subscription_expired", "Subscription expired", "The tenant's subscription has ended; only tenant administrators can sign in.", "Your organisation's subscription has ended. Please talk to your administrator."},
    ErrorInfo{kPasswordChangeRequired, 403, "password_change_required", "Password change required", "The password must be changed before anything else.", "Please choose a new password first."},
    ErrorInfo{kTwoFactorEnrolmentRequired, 403, "two_factor_enrolment_required", "Second factor enrolment required", "A second factor must be set up before anything else.", "Please set up your second factor first."},
    ErrorInfo{kRegistrationClosed, 403, "registration_closed", "Registration closed", "This tenant does not accept registrations.", "Registration is closed here."},
    ErrorInfo{kRegistrationDomainNotAllowed, 403, "registration_domain_not_allowed", "Mail domain not allowed", "This tenant accepts registrations from certain mail domains only.", "Please register with your organisation's e-mail address."},
    ErrorInfo{kNotFound, 404, "not_found", "Not found", "There is nothing here.", "We could not find that."},
    ErrorInfo{kMethodNotAllowed, 405, "method_not_allowed", "Method not allowed", "This path does not answer to this method; see Allow.", "That is not possible here."},
    ErrorInfo{kAlreadyExists, 409, "already_exists", "Already exists", "Something with this name or address exists already.", "That exists already."},
    ErrorInfo{kIdempotencyInProgress, 409, "idempotency_in_progress", "Still in progress", "The first request with this Idempotency-Key is still running.", "We are still working on it."},
    ErrorInfo{kRoleInUse, 409, "role_in_use", "Role in use", "The role is assigned to somebody; add ?force=true to delete it all the same.", "Somebody still has this role."},
    ErrorInfo{kTenantNotEmpty, 409, "tenant_not_empty", "Tenant not empty", "The tenant still has users; add ?force=true to delete it all the same.", "There are still people in it."},
    ErrorInfo{kTenantUserLimit, 409, "tenant_user_limit", "User limit reached", "The tenant has as many users as its subscription allows.", "Your organisation has reached its number of users."},
    ErrorInfo{kLastTenantAdmin, 409, "last_tenant_admin", "Last tenant administrator", "This would leave the tenant without an administrator.", "Somebody has to remain administrator."},
    ErrorInfo{kLastSignInMethod, 409, "last_sign_in_method", "Last way to sign in", "This would leave the account without a way to sign in.", "You would have no way left to sign in. Set a password first."},
    ErrorInfo{kTwoFactorAlreadyEnabled, 409, "two_factor_already_enabled", "Second factor already enabled", "The second factor is already on.", "Your second factor is already set up."},
    ErrorInfo{kBodyTooLarge, 413, "body_too_large", "Body too large", "The body is larger than this endpoint accepts.", "That is too large to be sent."},
    ErrorInfo{kUnsupportedMediaType, 415, "unsupported_media_type", "Unsupported media type", "The content type of the body is not the one that this endpoint reads.", "Something went wrong while sending your request. Please try again."},
    ErrorInfo{kValidationFailed, 422, "validation_failed", "Validation failed", "Some fields are not as they should be; see errors.", "Please check what you entered."},
    ErrorInfo{kWeakPassword, 422, "weak_password", "Weak password", "The password does not meet the policy; see errors.", "Please choose a stronger password."},
    ErrorInfo{kUnknownTenant, 422, "unknown_tenant", "Unknown tenant", "There is no such tenant.", "We do not know this organisation."},
    ErrorInfo{kUnknownPermission, 422, "unknown_permission", "Unknown permission", "The permission is not in the catalogue.", "This permission does not exist."},
    ErrorInfo{kUnsupportedImage, 422, "unsupported_image", "Unsupported image", "The file is not a JPEG, PNG or WebP image within the limits.", "Please choose a JPEG, PNG or WebP picture."},
    ErrorInfo{kIdempotencyKeyReused, 422, "idempotency_key_reused", "Idempotency-Key reused", "This Idempotency-Key came with another body before.", "Something went wrong while sending your request. Please try again."},
    ErrorInfo{kTooManyAttempts, 429, "too_many_attempts", "Too many attempts", "Too many failed attempts; wait for Retry-After seconds.", "Too many attempts. Please wait a while and try again."},
    ErrorInfo{kRateLimited, 429, "rate_limited", "Rate limited", "Too many requests; wait for Retry-After seconds.", "That was a little fast. Please wait a moment and try again."},
    ErrorInfo{kInternal, 500, "internal", "Internal error", "Something went wrong on the server; the request id finds it in the log.", "Something went wrong on our side. Please try again later."},
    ErrorInfo{kBadGateway, 502, "bad_gateway", "Bad gateway", "The worker that handled this request went away.", "Something went wrong on our side. Please try again."},
    ErrorInfo{kUnavailable, 503, "unavailable", "Unavailable", "A part that this request needs is not available; try again after Retry-After seconds.", "The service is not available at the moment. Please try again shortly."},
    ErrorInfo{kTimeout, 504, "timeout", "Timeout", "The request took longer than it may.", "That took too long. Please try again."},
};
// clang-format on

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kCatalogue.size(); ++i) {
    if (static_cast<std::size_t>(kCatalogue[i].code) != i) return false;
  }
  return kCatalogue.size() == static_cast<std::size_t>(kTimeout) + 1;
}
static_assert(InOrder(), "a row a code, in the order of ErrorCode");

}  // namespace

const ErrorInfo& Info(ErrorCode code) { return kCatalogue[static_cast<std::size_t>(code)]; }

std::span<const ErrorInfo> ErrorCatalogue() { return kCatalogue; }

}  // namespace gatehouse
