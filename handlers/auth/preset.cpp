#include "handlers/auth/preset.h"

namespace gatehouse::auth {

Status CreatePresetRoles(Services& /*services*/, db::Executor& /*ex*/, const Caller& /*caller*/,
                         TenantId /*tenant*/, std::string_view preset,
                         std::optional<UserId> /*by*/) {
  if (preset == "default" || preset == "maintenance" || preset == "operations") return {};
  return MakeError(ErrorCode::kValidationFailed, "there is no preset " + std::string(preset));
}

}  // namespace gatehouse::auth
