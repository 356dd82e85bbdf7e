// A recipe: TOML, then everything that can be known without opening a file.
#include "espalier/recipe/recipe.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  const Value value = parse_toml(bytes, "recipe.toml");
  const std::string text = write_toml(value);
  expect(write_toml(parse_toml(text, "again")) == text, "what is written reads back");
  const Recipe recipe = read_recipe(value);
  const std::string full = write_toml(write_options(recipe));
  expect(write_toml(write_options(read_recipe(parse_toml(full, "full")))) == full, "a full recipe reads back as itself");
}

const AddTarget kTarget("recipe", read);

}  // namespace
}  // namespace espalier::fuzz
