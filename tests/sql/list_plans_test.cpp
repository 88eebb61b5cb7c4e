// Every list of administration finds its rows by an index, whatever filter and order is asked for
// (SPEC U5, L4, A1; DESIGN.md 10). bench/lists measures the same lists at full size.
#include "tests/sql/fixture.h"
#include "tests/support/list_load.h"

namespace gatehouse {
namespace {

class ListPlans : public SqlTest {
 protected:
  ListPlans() {
    db::Database owner(server_.owner());
    Must(owner.RunScript(support::FillScript({}), Deadline::In(Seconds(200))));
  }
};

TEST_F(ListPlans, EveryListGoesByAnIndex) {
  auto& executor = ex();
  const auto cases = support::ListCases::Make(executor);
  ASSERT_GT(cases.size(), 200U);
  for (const auto& list : cases) {
    for (const bool deep : {false, true}) {
      support::Explainer explainer(executor);
      ASSERT_GH_OK(list.run(explainer, deep)) << list.name;
      ASSERT_FALSE(explainer.steps.empty()) << list.name;
      for (const auto& step : explainer.steps) {
        EXPECT_TRUE(!step.is_stored() || step.is_found_by_index())
            << list.name << ": " << step.statement << " reads " << step.table << " by " << step.type
            << " of " << step.key;
      }
    }
  }
}

}  // namespace
}  // namespace gatehouse
