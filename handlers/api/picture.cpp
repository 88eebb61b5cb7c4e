#include "handlers/auth/picture.h"

#include "fcgi/lib/image.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/views.h"

namespace gatehouse::api {

Result<http::Response> PutMyPicture(Call& call) {
  GH_ASSIGN(const auto user,
            auth::SetPicture(call.services, call.caller, *call.principal, call.upload));
  json::Writer out;
  out.BeginObject().Member("picture_url", PictureUrl(user)).EndObject();
  return http::Response::Json(200, out.Take());
}

Result<http::Response> DeleteMyPicture(Call& call) {
  GH_TRY(auth::RemovePicture(call.services, call.caller, *call.principal));
  return http::Response::Empty(204);
}

Result<http::Response> GetUserPicture(Call& call) {
  GH_ASSIGN(auto picture,
            auth::FindPicture(call.services, call.caller, call.principal->tenant_id,
                              UserId{*call.id}, call.request.Param("HTTP_IF_NONE_MATCH")));
  http::Response response = http::Response::Empty(304);
  if (!picture.image.empty()) {
    response = {200, std::string(kPortraitType), std::move(picture.image), {}};
  }
  // Kept by the browser, asked for each time: whoever may not see it any more does not.
  response.Header("Cache-Control", "private, no-cache").Header("ETag", std::move(picture.etag));
  return response;
}

}  // namespace gatehouse::api
