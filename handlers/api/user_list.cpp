// The list of the tenant's users.
#include "sql/store/user_list.h"

#include <algorithm>

#include "handlers/api/endpoints.h"
#include "handlers/api/paging.h"
#include "handlers/api/views.h"
#include "handlers/auth/identifier.h"
#include "sql/store/user_words.h"

namespace gatehouse::api {
namespace {

store::UserFilter FilterOf(const http::Fields& query) {
  store::UserFilter filter;
  filter.words = store::WordsOf(query.Text("q"));
  if (query.Has("status")) filter.status = store::ParseUserStatus(query.Text("status"));
  filter.role_id = query.OptionalId<RoleId>("role_id");
  filter.branch_id = query.OptionalText("branch_id");
  filter.restaurant_id = query.OptionalText("restaurant_id");
  if (query.Has("email")) filter.email = auth::CanonicalEmail(query.Text("email"));
  return filter;
}

struct Listed {
  const store::User* user;
  const store::Grants* grants;
};

}  // namespace

Result<http::Response> GetUsers(Call& call) {
  GH_ASSIGN(const Page page, ReadPage(call.query));
  const bool by_email = page.sort == "email";
  const store::UserOrder order{
      by_email ? store::UserOrder::By::kEmail : store::UserOrder::By::kCreation, page.ascending};
  std::optional<store::UserCursor> after;
  if (page.after) {
    after = store::UserCursor{by_email ? TimePoint() : *page.AfterTime(), page.after->key,
                              UserId{page.after->id}};
  }
  const store::UserFilter filter = FilterOf(call.query);
  const auto executor = call.services.db.Auto(call.caller.deadline);
  std::vector<store::User> users;
  // What is asked for but has no letter or digit is found nowhere; it is not no question at all.
  if (!call.query.Has("q") || !filter.words.empty()) {
    // One more than is shown tells whether there is a next page.
    GH_ASSIGN(users,
              store::ListUsers(*executor, call.tenant_id, filter, order, after, page.limit + 1));
  }
  GH_ASSIGN(const auto grants, store::GrantsOfMany(*executor, call.tenant_id, users));
  std::vector<Listed> rows;
  for (std::size_t i = 0; i < users.size(); ++i) rows.push_back({&users[i], &grants[i]});
  return ListAnswer(
      rows, page,
      [&](const Listed& row) {
        return Cursor{by_email ? row.user->email : TimeKey(row.user->created_at),
                      row.user->id.uuid};
      },
      [](json::Writer& out, const Listed& row) { WriteUser(out, *row.user, *row.grants); });
}

}  // namespace gatehouse::api
