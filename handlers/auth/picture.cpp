#include "handlers/auth/picture.h"

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"
#include "fcgi/lib/image.h"
#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "sql/store/pictures.h"

namespace gatehouse::auth {
namespace {

std::string EtagOf(std::string_view hash) { return '"' + HexEncode(hash.substr(0, 16)) + '"'; }

// "*", or a list of ETags, weakly compared (RFC 9110 section 13.1.2).
bool IsAmong(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    auto item = list.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == etag) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

std::string PictureJson(const std::optional<std::string>& hash) {
  json::Writer out;
  out.BeginObject().Member("picture", hash ? std::optional(HexEncode(*hash)) : std::nullopt);
  return out.EndObject().Take();
}

// `image` empty: removed.
Result<store::User> Replace(Services& services, const Caller& caller, const Principal& who,
                            const std::string& image, const std::optional<std::string>& hash) {
  return services.db.Transact<store::User>(
      caller.deadline, [&](db::Executor& ex) -> Result<store::User> {
        GH_ASSIGN(auto user, store::LockUser(ex, who.tenant_id, who.user_id));
        if (!user) return MakeError(ErrorCode::kInvalidToken, "user deleted meanwhile");
        const auto before = user->picture_hash;
        if (before == hash) return std::move(*user);
        const TimePoint now = services.clock.Now();
        GH_TRY(hash ? store::SetPicture(ex, who.tenant_id, who.user_id, image, *hash, now)
                    : store::RemovePicture(ex, who.tenant_id, who.user_id, now));
        user->picture_hash = hash;
        GH_TRY(Audit(services, ex, caller,
                     ByActor({who, who.tenant_id}, event::kUserUpdated, "user",
                             who.user_id.ToString(), PictureJson(before), PictureJson(hash))));
        return std::move(*user);
      });
}

}  // namespace

Result<store::User> SetPicture(Services& services, const Caller& caller, const Principal& who,
                               std::string_view file) {
  GH_ASSIGN(const std::string image, MakePortrait(file, caller.deadline));
  const std::string hash(crypto::AsView(crypto::Sha256(image)));
  return Replace(services, caller, who, image, hash);
}

Status RemovePicture(Services& services, const Caller& caller, const Principal& who) {
  GH_TRY(Replace(services, caller, who, {}, std::nullopt));
  return {};
}

Result<Picture> FindPicture(Services& services, const Caller& caller, TenantId tenant, UserId user,
                            std::string_view if_none_match) {
  const auto ex = services.db.Auto(caller.deadline);
  GH_ASSIGN(const auto found, store::FindUser(*ex, tenant, user));
  if (!found || !found->picture_hash) return MakeError(ErrorCode::kNotFound, "picture");
  Picture out{EtagOf(*found->picture_hash), {}};
  if (IsAmong(if_none_match, out.etag)) return out;
  GH_ASSIGN(auto image, store::FindPicture(*ex, tenant, user));
  if (!image) return MakeError(ErrorCode::kNotFound, "picture removed meanwhile");
  // Of one moment: a picture that was replaced between the two reads has its own ETag.
  out.etag = EtagOf(crypto::AsView(crypto::Sha256(*image)));
  out.image = std::move(*image);
  return out;
}

}  // namespace gatehouse::auth
