#include <array>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::FieldType;
using http::Schema;

constexpr std::array kAttemptFilterFields = {
    kLimit,          kCursor,
    kSort,           FieldSpec{.name = "email", .min = 3, .max = 254},
    Uid("user_id"),  FieldSpec{.name = "ip", .min = 2, .max = 45},
    Flag("success"), Time("from"),
    Time("to"),
};
constexpr std::array kOwnAttemptFilterFields = {kLimit,          kCursor,      kSort,
                                                Flag("success"), Time("from"), Time("to")};
constexpr std::array kSummaryRangeFields = {Time("from"), Time("to")};
constexpr std::array kAttemptFields = {
    Uid("id"),       Uid("tenant_id", true),  Uid("user_id", true), Text("email", 254),
    Text("ip", 45),  Text("user_agent", 512), Nullable("device"),   Time("created_at"),
    Flag("success"), Text("reason"),
};
constexpr auto kAttemptListFields = PageOf(&kAttemptItem);
constexpr std::array kAttemptCountFields = {Time("start"), Number("succeeded"), Number("failed")};
constexpr Schema kAttemptCount{"LoginAttemptCount", kAttemptCountFields};
constexpr FieldSpec kAttemptCountItem = Item(&kAttemptCount);
constexpr std::array kAttemptSummaryFields = {
    Time("from"),
    Time("to"),
    FieldSpec{.name = "interval",
              .type = FieldType::kInteger,
              .min = 3600,
              .max = 86400,
              .description = "Seconds: 3600 up to three days, else 86400"},
    List("items", &kAttemptCountItem),
};

constexpr std::array kAuditFilterFields = {
    kLimit,
    kCursor,
    kSort,
    Uid("actor_id"),
    FieldSpec{.name = "target_id", .min = 1, .max = 200},
    FieldSpec{.name = "event", .min = 1, .max = 64},
    Time("from"),
    Time("to"),
};
constexpr std::array kAuditFields = {
    Uid("id"),
    Text("event", 64),
    Uid("actor_id", true),
    Text("target_type", 32),
    Nullable("target_id", 200),
    Uid("tenant_id", true),
    Text("ip", 45),
    Text("request_id", 64),
    Time("created_at"),
    FieldSpec{.name = "before", .type = FieldType::kObject, .nullable = true},
    FieldSpec{.name = "after", .type = FieldType::kObject, .nullable = true},
};
constexpr auto kAuditListFields = PageOf(&kAuditItem);

constexpr std::array<std::string_view, 4> kMailStates = {"queued", "sent", "failed", "void"};
constexpr std::array kOutboxFilterFields = {
    kLimit,
    kCursor,
    kSort,
    FieldSpec{.name = "state", .max = 16, .one_of = kMailStates},
    FieldSpec{.name = "kind", .min = 1, .max = 32},
    FieldSpec{.name = "recipient", .min = 3, .max = 254},
};
constexpr std::array kMailFields = {
    Uid("id"),
    Text("kind", 32),
    Text("recipient", 254),
    FieldSpec{.name = "state",
              .max = 16,
              .one_of = kMailStates,
              .description = "void: never sent, for the address has no account"},
    Number("tries"),
    Time("next_try_at", true),
    Nullable("last_error"),
    Time("created_at"),
    Time("finished_at", true),
};
constexpr Schema kMail{"OutboxMail", kMailFields};
constexpr FieldSpec kMailItem = Item(&kMail);
constexpr auto kOutboxListFields = PageOf(&kMailItem);

}  // namespace

const Schema kAttempt{"LoginAttempt", kAttemptFields};
const Schema kAuditEvent{"AuditEvent", kAuditFields};

const Schema kAttemptFilter{"AttemptFilter", kAttemptFilterFields};
const Schema kOwnAttemptFilter{"OwnAttemptFilter", kOwnAttemptFilterFields};
const Schema kSummaryRange{"SummaryRange", kSummaryRangeFields};
const Schema kAuditFilter{"AuditFilter", kAuditFilterFields};
const Schema kOutboxFilter{"OutboxFilter", kOutboxFilterFields};

const Schema kAttemptList{"AttemptList", kAttemptListFields};
const Schema kAttemptSummary{"LoginAttemptSummary", kAttemptSummaryFields};
const Schema kAuditList{"AuditList", kAuditListFields};
const Schema kOutboxList{"OutboxList", kOutboxListFields};

}  // namespace gatehouse::api::schema
