// A whole run from a recipe, as `espalier train RECIPE --out RUN` makes it, then the answers to a table.
//   run_recipe RECIPE.toml RUN NEW.tsv
#include <espalier/espalier.h>

#include <cstdio>

int main(int argc, char** argv) try {
  if (argc != 4) return std::fprintf(stderr, "usage: run_recipe RECIPE.toml RUN NEW.tsv\n"), 2;
  espalier::MemoryLog log;
  const espalier::Plan plan = espalier::resolve(espalier::load_recipe(argv[1]), log);
  const espalier::RunResult result = espalier::run_training(plan, argv[2], {}, log);
  std::fprintf(stderr, "%s", result.text.c_str());

  espalier::Session session = espalier::open_run(argv[2], {}, log);
  espalier::predict_rows(session, argv[3], {},
                         [](const espalier::Answer& answer) { std::printf("%s\t%.4f\n", answer.label.c_str(), answer.score); });
} catch (const espalier::Error& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
