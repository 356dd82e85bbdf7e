// plan.toml of a run.
#include "espalier/recipe/plan.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  const Plan plan = read_plan(parse_toml(bytes, "plan.toml"));
  const std::string text = plan.toml();
  expect(read_plan(parse_toml(text, "again")).toml() == text, "a plan reads back as itself");
  plan.text();
  plan.id();
}

const AddTarget kTarget("plan", read);

}  // namespace
}  // namespace espalier::fuzz
