#include "espalier/data/infer.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

constexpr int64_t kFewNumbers = 20;   // as many different whole numbers are taken for classes
constexpr int64_t kManyNames = 1000;  // more names are classes only where they repeat

bool is_tag(const std::string& tag) {
  return tag.size() > 2 && tag[1] == '-' && std::string_view("BIES").find(tag[0]) != std::string_view::npos;
}

}  // namespace

int32_t NameCounts::add(const std::string& name) {
  const auto [at, fresh] = ids_.try_emplace(name, static_cast<int32_t>(names_.size()));
  if (fresh) {
    names_.push_back(name);
    counts_.push_back(0);
  }
  ++counts_[size_t(at->second)];
  return at->second;
}

void check_classes(const NameCounts& labels, int64_t rows, bool kind_known, const std::string& column, const std::string& path) {
  const bool unique = labels.size() > kManyNames && labels.size() > rows / 2;
  const auto& names = labels.names();
  const bool numbers = std::all_of(names.begin(), names.end(), [](const std::string& n) { return parse_double(n).has_value(); });
  if (numbers && !kind_known) {
    const bool whole = std::all_of(names.begin(), names.end(), [](const std::string& n) {
      const double x = *parse_double(n);
      return x == std::floor(x);
    });
    if (whole && labels.size() <= kFewNumbers) return;
    throw usage_error("column '{}' holds {} different {}: they may be class names or measurements", printable(column),
                      with_commas(labels.size()), whole ? "whole numbers" : "numbers")
        .at(path)
        .hint("say which: --task classify (each number is a class) or --task regression (the number itself is predicted)");
  }
  if (unique) {
    throw usage_error("column '{}' holds {} different labels in {} rows; classes should repeat", printable(column),
                      with_commas(labels.size()), with_commas(rows))
        .at(path)
        .hint("is it the right column? Name another with --label");
  }
}

void complete_tags(std::vector<std::string>& tags) {
  std::set<char> prefixes;
  std::set<std::string> types, all(tags.begin(), tags.end());
  for (const std::string& tag : tags) {
    if (!is_tag(tag)) continue;
    prefixes.insert(tag[0]);
    types.insert(tag.substr(2));
  }
  if (types.empty()) return;
  all.insert("O");
  for (const char prefix : prefixes) {
    for (const std::string& type : types) all.insert(std::string{prefix, '-'} + type);
  }
  tags.assign(all.begin(), all.end());
}

}  // namespace espalier
