#include "handlers/api/schemas.h"

#include <array>

#include "handlers/api/schema_parts.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::Schema;

constexpr std::array<std::string_view, 2> kReadiness = {"ready", "degraded"};
constexpr std::array kPageFields = {kLimit, kCursor, kSort};
constexpr std::array kForceFields = {Flag("force")};
constexpr std::array kStatusFields = {Text("status")};
constexpr std::array kReadyFields = {
    FieldSpec{.name = "status", .max = 16, .one_of = kReadiness},
    List("degraded", &kTextItem),
};

}  // namespace

const Schema kEmpty{"Empty", {}};
const Schema kNoQuery{"NoQuery", {}};
const Schema kPage{"Page", kPageFields};
const Schema kForce{"Force", kForceFields};
const Schema kStatusAnswer{"StatusAnswer", kStatusFields};
const Schema kReadyAnswer{"ReadyAnswer", kReadyFields};

}  // namespace gatehouse::api::schema
