#include "espalier/recipe/prune.h"

#include "espalier/base/error.h"
#include "espalier/recipe/methods.h"

namespace espalier {
namespace {

int64_t whole(const Value& options, const char* key) {
  const Value* found = options.find(key);
  return found != nullptr && found->as_int() != nullptr ? *found->as_int() : 0;
}

double number(const Value& options, const char* key) {
  const Value* found = options.find(key);
  if (found == nullptr) return 0;
  if (found->as_double() != nullptr) return *found->as_double();
  return double(whole(options, key));
}

/// The method with k times its width; alpha grows with a rank, so that the update keeps its scale.
Value widened(const Value& method, int64_t k, const std::string& path) {
  const Value own = make_method(method, path)->options();
  Value wide = method;
  if (whole(own, "width") > 0) {
    wide.set("width", whole(own, "width") * k);
  } else if (number(own, "reduction_factor") > 0) {
    wide.set("reduction_factor", number(own, "reduction_factor") / double(k));
  } else if (whole(own, "rank") > 0) {
    wide.set("rank", whole(own, "rank") * k);
    if (number(own, "alpha") > 0) wide.set("alpha", number(own, "alpha") * double(k));
  } else {
    throw usage_error("{} has neither a width nor a rank, so it cannot be widened", path).at(method.place());
  }
  return wide;
}

}  // namespace

void PruneOptions::fields(Fields& f) {
  f("at", at).one_of({"start"}).help("when the mask is chosen");
  f("widen", widen).at_least(1).help("k: the methods in `on` get k times their width or rank, and 1 / k of their numbers stay");
  MaskOptions::fields(f);
}

Value resolve_prune(const Value& prune, const std::string& path) {
  if (prune.as_object() == nullptr) throw usage_error("{} = {}; expected a table", path, prune.describe()).at(prune.place());
  PruneOptions options = read_options<PruneOptions>(prune, path);
  if (options.widen > 1) {
    if (prune.find("keep") != nullptr || prune.find("prune_fraction") != nullptr) {
      throw usage_error("{}: widen = {} keeps 1 / {} of the numbers; expected no keep or prune_fraction beside it", path,
                        options.widen, options.widen)
          .at(prune.place());
    }
    options.prune_fraction = 1 - 1 / double(options.widen);
    options.widen = 1;  // widen_methods has done it
  }
  if (options.keep > 0) options.prune_fraction = 1 - options.keep;
  options.keep = 0;
  return write_options(options).at(prune.place());
}

std::unique_ptr<Mask> make_mask(const Value& resolved, const std::string& path) {
  return std::make_unique<Mask>(read_options<PruneOptions>(resolved, path));
}

void widen_methods(Recipe& recipe) {
  for (size_t i = 0; i < recipe.prune.size(); ++i) {
    const Value& prune = recipe.prune[i];
    const auto options = read_options<PruneOptions>(prune, fmt::format("prune[{}]", i));
    const int64_t k = options.widen;
    const std::string& on = options.on;
    if (k <= 1) continue;
    bool found = false;
    for (size_t j = 0; j < recipe.method.size(); ++j) {
      const Value* name = recipe.method[j].find("name");
      if (name == nullptr || name->as_string() == nullptr) continue;
      if (!on.starts_with("*/") && on.find(*name->as_string() + "/") == std::string::npos) continue;
      recipe.method[j] = widened(recipe.method[j], k, fmt::format("method[{}]", j));
      found = true;
    }
    if (!found) throw usage_error("prune[{}].on = \"{}\" names no method that could be widened", i, on).at(prune.place());
  }
}

}  // namespace espalier
