#include "handlers/auth/difference.h"

#include <algorithm>

namespace gatehouse::auth {
namespace {

json::Value MemberOf(const json::Object& object, const std::string& name) {
  const auto found = std::find_if(object.begin(), object.end(),
                                  [&](const auto& member) { return member.first == name; });
  return found == object.end() ? json::Value() : found->second;
}

}  // namespace

Difference DifferenceOf(const json::Object& before, const json::Object& after) {
  json::Object was, is;
  const auto compare = [&](const std::string& name) {
    json::Value old_value = MemberOf(before, name);
    json::Value new_value = MemberOf(after, name);
    if (json::Write(old_value) == json::Write(new_value)) return;
    was.emplace_back(name, std::move(old_value));
    is.emplace_back(name, std::move(new_value));
  };
  for (const auto& [name, value] : before) compare(name);
  for (const auto& [name, value] : after) {
    const bool seen = std::any_of(before.begin(), before.end(),
                                  [&n = name](const auto& member) { return member.first == n; });
    if (!seen) compare(name);
  }
  return {json::Write(json::Value(std::move(was))), json::Write(json::Value(std::move(is)))};
}

}  // namespace gatehouse::auth
