// The table behind ConfigTable(): for each key what the file may say and where it goes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fcgi/run/config.h"

namespace gatehouse {

struct ConfigRow {
  using StringMember = std::string Config::*;
  using IntegerMember = std::int64_t Config::*;
  using ListMember = std::vector<std::string> Config::*;
  using Check = std::string (*)(std::string_view);  // fcgi/run/config_check.h

  ConfigKey key;
  std::variant<StringMember, IntegerMember, ListMember> member;
  Check check = nullptr;  // of a string that is not empty, or of each item of a list
  bool may_be_empty = false;
  std::string_view choices = {};  // "a|b": nothing else
  std::int64_t low = 0, high = 0;
  std::string_view example = {};  // of a key that is required
};

const std::vector<ConfigRow>& ConfigRows();

}  // namespace gatehouse
