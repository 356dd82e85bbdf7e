// Flags that say what a recipe says: each is a path of the recipe's tree, so that checking happens in one place.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "espalier/base/value.h"
#include "espalier/cli/program.h"

namespace espalier {

/// How the words after a flag are read.
enum class FlagKind : uint8_t { value, text, list, task, long_texts, method, yes, no };

struct RecipeFlag {
  const char *name, *path;
  FlagKind kind;
  const char *type, *group, *help;
};

class RecipeFlags {
 public:
  /// A recipe file as the first argument, the flags, and --set.
  void add(CLI::App& verb);
  /// The file's tree with the flags and then the settings over it; places say "--rank".
  Value tree() const;
  /// The flags and settings over another tree.
  Value over(Value tree) const;
  bool any() const { return !file_.empty() || !given_.empty() || !settings_.empty(); }
  /// Whether a recipe or data are named, so that the line stands for itself.
  bool says_what() const;
  const std::string& file() const { return file_; }
  /// What was typed after a flag; "" when it was not given.
  std::string typed(const std::string& name) const;
  /// Names of the flags that were given: "--epochs".
  std::vector<std::string> names() const;

 private:
  std::string file_;
  std::vector<std::pair<const RecipeFlag*, std::string>> given_;
  std::vector<std::string> settings_;
};

}  // namespace espalier
