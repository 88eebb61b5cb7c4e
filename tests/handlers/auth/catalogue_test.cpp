// What a role may hold (SPEC R1, R5), and what a preset asks for is there.
#include "handlers/auth/catalogue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "handlers/auth/permission.h"
#include "handlers/auth/preset.h"

namespace gatehouse::auth {
namespace {

std::vector<std::string> Codes(int count) {
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    out.push_back("m" + std::to_string(i % 97) + ":r" + std::to_string(i) + ":view");
  }
  return out;
}

// What the migrations put there.
std::vector<std::string> CodesFromTheStart() {
  std::vector<std::string> out;
  for (const auto& file :
       std::filesystem::directory_iterator(GATEHOUSE_SOURCE_DIR "/sql/migrations")) {
    std::stringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const std::string sql = text.str();
    // Rows such as ('auth:users:view', 'See users', …).
    for (auto at = sql.find("('"); at != std::string::npos; at = sql.find("('", at + 1)) {
      const auto text_end = sql.find("', '", at);
      const std::string code = sql.substr(at + 2, text_end - at - 2);
      if (text_end != std::string::npos && IsQuestion(code)) out.push_back(code);
    }
  }
  return out;
}

TEST(CatalogueTest, R1ListsItsCodesWhatMatchesThemAndOwnForms) {
  const Catalogue catalogue(std::vector<std::string>{"sales:orders:view", "hr:staff:edit"});
  for (const char* good :
       {"sales:orders:view", "sales:orders:view:own", "sales:*:view", "sales:*:*", "*:orders:*",
        "*:*:edit", "*:*:*", "*:*:*:own", "hr:*:edit:own", "ALL_PERMISSIONS"}) {
    EXPECT_TRUE(catalogue.Lists(good)) << good;
  }
  for (const char* bad :
       {"sales:orders:edit", "hr:orders:view", "hr:*:view", "*:orders:edit", "stock:*:*",
        "sales:orders:view:mine", "sales:orders", "", ":own", "sales:orders:own",
        "ALL_PERMISSIONS:own", "Sales:orders:view", "*:*:*:*"}) {
    EXPECT_FALSE(catalogue.Lists(bad)) << bad;
  }
}

TEST(CatalogueTest, AnActionCalledOwnIsNoOwnForm) {
  const Catalogue catalogue(std::vector<std::string>{"sales:orders:own"});
  EXPECT_TRUE(catalogue.Lists("sales:orders:own"));
  EXPECT_TRUE(catalogue.Lists("sales:orders:own:own"));
  EXPECT_FALSE(catalogue.Lists("sales:orders:view:own"));
}

TEST(CatalogueTest, EmptyListsNothingButEverything) {
  const Catalogue catalogue({});
  EXPECT_FALSE(catalogue.Lists("*:*:*"));
  EXPECT_TRUE(catalogue.Lists("ALL_PERMISSIONS"));
}

TEST(CatalogueTest, EveryOffendingItemIsNamed) {
  const Catalogue catalogue(std::vector<std::string>{"sales:orders:view"});
  EXPECT_TRUE(catalogue.Check({}).ok());
  const std::vector<std::string> asked = {"sales:orders:view", "a:b:c", "sales:*:view", "a:b:c"};
  const auto status = catalogue.Check(asked);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnknownPermission);
  ASSERT_EQ(status.error().fields.size(), 2U);
  EXPECT_EQ(status.error().fields[0].pointer, "/permissions/1");
  EXPECT_EQ(status.error().fields[1].pointer, "/permissions/3");
  EXPECT_EQ(status.error().fields[0].code, "unknown_permission");
}

// A naive walk takes 10,000 x 10,000 comparisons: many seconds.
TEST(CatalogueTest, ThousandsAgainstThousandsAreQuick) {
  const auto codes = Codes(10'000);
  std::vector<std::string> asked;
  for (const auto& code : codes) asked.push_back(code.substr(0, code.rfind(':')) + ":*:own");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(Catalogue(codes).Check(asked).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(CatalogueTest, FoldedIsSortedAndEachOnce) {
  EXPECT_EQ(Folded({"b:x:y", "a:x:y", "b:x:y"}), (std::vector<std::string>{"a:x:y", "b:x:y"}));
  EXPECT_TRUE(Folded({}).empty());
}

TEST(PresetTest, R5TheThreePresetsHaveTheirRoles) {
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& preset : Presets()) {
    for (const auto& role : preset.roles) {
      names[std::string(preset.name)].emplace_back(role.name);
      EXPECT_FALSE(role.description.empty()) << role.name;
    }
  }
  const std::map<std::string, std::vector<std::string>> wanted = {
      {"default", {"Administrator", "Owner", "Member", "Viewer", "Guest"}},
      {"maintenance", {"Employee", "Maintenance", "Admin"}},
      {"operations",
       {"Sales Representative", "Stock Manager", "HR Officer", "Accountant", "Administrator"}}};
  EXPECT_EQ(names, wanted);
}

TEST(PresetTest, R5EveryPermissionIsInTheCatalogueFromTheStart) {
  const auto codes = CodesFromTheStart();
  ASSERT_GT(codes.size(), 25U);
  const Catalogue catalogue(codes);
  for (const auto& preset : Presets()) {
    for (const auto& role : preset.roles) {
      for (const auto permission : role.permissions) {
        EXPECT_TRUE(catalogue.Lists(permission))
            << preset.name << ", " << role.name << ": " << permission;
      }
    }
  }
}

TEST(PresetTest, OwnersAndAdministratorsHaveEverythingGuestsNothing) {
  for (const auto& preset : Presets()) {
    for (const auto& role : preset.roles) {
      const bool everything =
          role.permissions.size() == 1 && role.permissions[0] == kAllPermissions;
      const bool chief =
          role.name == "Administrator" || role.name == "Owner" || role.name == "Admin";
      EXPECT_EQ(everything, chief) << role.name;
      EXPECT_EQ(role.permissions.empty(), role.name == "Guest") << role.name;
    }
  }
}

// SPEC R4, R1: a viewer only views.
TEST(PresetTest, AViewerChangesNothing) {
  for (const auto& role : Presets()[0].roles) {
    if (role.name != "Viewer") continue;
    for (const auto permission : role.permissions) EXPECT_TRUE(permission.ends_with(":view"));
  }
}

}  // namespace
}  // namespace gatehouse::auth
