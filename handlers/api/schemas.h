// Every request schema and answer schema, declared once (SPEC E5, A5); each area is defined in a
// file of its name, out of the parts of schema_parts.h.
#pragma once

#include "fcgi/http/schema.h"

namespace gatehouse::api::schema {

// Of no area: schemas.cpp.
extern const http::Schema kEmpty, kNoQuery, kPage, kForce;
extern const http::Schema kStatusAnswer, kReadyAnswer;
// Of every tenant-scoped route, beside its query (handlers/routes.h).
inline constexpr http::FieldSpec kTenantParameter{
    .name = "tenant_id",
    .max = 36,
    .format = http::Format::kUuid,
    .description = "Another tenant than one's own; for platform administrators"};

// Registration, mailed links, passwords: schemas_sign_up.cpp.
extern const http::Schema kRegister, kMailedLink, kVerifyEmail, kAddress, kResetPassword,
    kChangePassword;
extern const http::Schema kMailedLinkAnswer;

// Signing in and sessions: schemas_session.cpp.
extern const http::Schema kLogin, kRefresh, kLogoutAll;
extern const http::Schema kSessionAnswer, kLoginAnswer, kSessionInfo, kSessionList, kSessionEnd,
    kCsrfAnswer;

// The second factor: schemas_second_factor.cpp.
extern const http::Schema kChallenge, kEnrol, kConfirm, kBothFactors;
extern const http::Schema kEnrolmentAnswer, kRecoveryCodes;

// OAuth, and what a sign-in page offers: schemas_oauth.cpp.
extern const http::Schema kOAuthTenant, kOAuthStart, kOAuthCallback;
extern const http::Schema kOAuthProviderList, kOAuthLinkAnswer, kSignInOptions, kIdentityList;

// For nginx and services: schemas_services.cpp.
extern const http::Schema kCheck, kTokenForm, kNewCredential, kRequirement;
extern const http::Schema kCheckAnswer, kIntrospection, kCredentialList, kNewCredentialAnswer,
    kJwkSet;

// Myself: schemas_me.cpp.
extern const http::Schema kProfileChange, kEmailChange, kPictureForm, kDeleteMe;
extern const http::Schema kPictureAnswer, kExport;

// People: schemas_users.cpp.
extern const http::Schema kNewUser, kUserChange, kRoleIds, kUserFilter;
extern const http::Schema kUserAnswer, kUserList;

// Roles and the catalogue of permissions: schemas_roles.cpp.
extern const http::Schema kNewRole, kRoleChange, kNewPermission, kRoleFilter, kPermissionFilter;
extern const http::Schema kRoleAnswer, kRoleList, kPermissionAnswer, kPermissionList;
// The segment {code} of a path.
inline constexpr http::FieldSpec kPermissionCode{
    .name = "code", .max = 182, .format = http::Format::kCode};

// Tenants: schemas_tenants.cpp.
extern const http::Schema kNewTenant, kTenantChange, kTenantFilter;
extern const http::Schema kTenantAnswer, kTenantList, kInfoAnswer;

// Their settings: schemas_settings.cpp.
extern const http::Schema kSettingsChange;
extern const http::Schema kSettingsAnswer;

// Attempts, audit, outbox: schemas_records.cpp.
extern const http::Schema kAttemptFilter, kOwnAttemptFilter, kSummaryRange, kAuditFilter,
    kOutboxFilter;
extern const http::Schema kAttemptList, kAttemptSummary, kAuditList, kOutboxList;

}  // namespace gatehouse::api::schema
