#include "handlers/api/user_change.h"

namespace gatehouse::api {

auth::UserChange ReadUserChange(const http::Fields& body) {
  const auto text = [&](std::string_view name) -> auth::Change<std::string> {
    if (!body.Has(name)) return std::nullopt;
    return std::optional(body.OptionalText(name));
  };
  auth::UserChange out;
  out.first_name = text("first_name");
  out.last_name = text("last_name");
  out.phone = text("phone");
  out.address = text("address");
  out.employee_id = text("employee_id");
  out.kra_pin = text("kra_pin");
  out.branch_id = text("branch_id");
  out.restaurant_id = text("restaurant_id");
  if (body.Has("is_tenant_admin")) out.is_tenant_admin = body.Bool("is_tenant_admin");
  if (body.Has("status")) {
    out.status =
        body.Text("status") == "active" ? store::UserStatus::kActive : store::UserStatus::kDisabled;
  }
  if (body.Has("email")) out.email = body.Text("email");
  return out;
}

}  // namespace gatehouse::api
