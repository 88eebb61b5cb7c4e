#include "handlers/auth/preset.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "handlers/auth/catalogue.h"
#include "handlers/auth/permission.h"
#include "handlers/auth/role_admin.h"
#include "sql/store/permissions.h"

namespace gatehouse::auth {
namespace {

using Names = std::string_view;

constexpr std::array<Names, 1> kEverything = {kAllPermissions};

constexpr std::array<Names, 3> kMember = {"sales:orders:view", "sales:orders:create",
                                          "sales:orders:edit:own"};
constexpr std::array<Names, 3> kViewer = {"auth:users:view", "auth:roles:view",
                                          "sales:orders:view"};
constexpr std::array<PresetRole, 5> kDefault = {{
    {"Administrator", "Runs the tenant: everything in it", kEverything},
    {"Owner", "Owns the tenant: everything in it", kEverything},
    {"Member", "Works with orders, changes their own", kMember},
    {"Viewer", "Sees users, roles and orders, changes nothing", kViewer},
    {"Guest", "May sign in, and nothing else", {}},
}};

constexpr std::array<Names, 3> kEmployee = {
    "maintenance:tasks:create", "maintenance:tasks:view:own", "maintenance:tasks:edit:own"};
constexpr std::array<Names, 4> kMaintenance = {"maintenance:tasks:view", "maintenance:tasks:create",
                                               "maintenance:tasks:edit", "inventory:stock:view"};
constexpr std::array<PresetRole, 3> kMaintenanceRoles = {{
    {"Employee", "Reports what needs repair, follows their own reports", kEmployee},
    {"Maintenance", "Works on all maintenance tasks", kMaintenance},
    {"Admin", "Runs the tenant: everything in it", kEverything},
}};

constexpr std::array<Names, 4> kSales = {"sales:orders:view", "sales:orders:create",
                                         "sales:orders:edit:own", "inventory:stock:view"};
constexpr std::array<Names, 2> kStock = {"inventory:stock:*", "sales:orders:view"};
constexpr std::array<Names, 2> kHr = {"hr:employees:*", "auth:users:view"};
constexpr std::array<Names, 2> kAccounting = {"accounting:invoices:*", "sales:orders:view"};
constexpr std::array<PresetRole, 5> kOperations = {{
    {"Sales Representative", "Takes orders, changes their own, sees stock", kSales},
    {"Stock Manager", "Keeps the stock, sees orders", kStock},
    {"HR Officer", "Keeps the employees' records, sees users", kHr},
    {"Accountant", "Keeps the invoices, sees orders", kAccounting},
    {"Administrator", "Runs the tenant: everything in it", kEverything},
}};

constexpr std::array<Preset, 3> kPresets = {{
    {"default", kDefault},
    {"maintenance", kMaintenanceRoles},
    {"operations", kOperations},
}};

}  // namespace

std::span<const Preset> Presets() { return kPresets; }

Status CreatePresetRoles(Services& services, db::Executor& ex, const Caller& caller,
                         TenantId tenant, std::string_view preset, std::optional<UserId> by) {
  const auto* const found = std::find_if(kPresets.begin(), kPresets.end(),
                                         [&](const Preset& p) { return p.name == preset; });
  if (found == kPresets.end()) {
    return MakeError(ErrorCode::kValidationFailed, "no preset " + std::string(preset));
  }
  GH_ASSIGN(const auto codes, store::PermissionCodes(ex));
  const Catalogue catalogue(codes);
  for (const PresetRole& wanted : found->roles) {
    std::vector<std::string> permissions(wanted.permissions.begin(), wanted.permissions.end());
    std::erase_if(permissions, [&](const std::string& p) { return !catalogue.Lists(p); });
    const store::Role role{RoleId::New(caller.now, services.entropy), tenant,
                           std::string(wanted.name), std::string(wanted.description)};
    GH_TRY(AddRole(ex, nullptr, role, permissions, caller.now, by));
  }
  return {};
}

}  // namespace gatehouse::auth
