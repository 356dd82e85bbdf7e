#include "espalier/models/names.h"

#include <algorithm>
#include <utility>

#include "espalier/base/pattern.h"

namespace espalier {
namespace {

/// `text` matched against a template with one optional `{i}`; the number found, "" when the template has none.
std::optional<std::string> match(const std::string& form, const std::string& text) {
  const size_t hole = form.find("{i}");
  if (hole == std::string::npos) return form == text ? std::optional<std::string>("") : std::nullopt;
  const std::string head = form.substr(0, hole), tail = form.substr(hole + 3);
  if (text.size() <= head.size() + tail.size() || !text.starts_with(head) || !text.ends_with(tail)) return std::nullopt;
  const std::string number = text.substr(head.size(), text.size() - head.size() - tail.size());
  return number.find_first_not_of("0123456789") == std::string::npos ? std::optional<std::string>(number) : std::nullopt;
}

std::string filled(const std::string& form, const std::string& number) {
  const size_t hole = form.find("{i}");
  return hole == std::string::npos ? form : form.substr(0, hole) + number + form.substr(hole + 3);
}

std::string without_prefix(const NameTable& table, const std::string& theirs) {
  for (const std::string& prefix : {table.prefix, table.other_prefix}) {
    if (!prefix.empty() && theirs.starts_with(prefix)) return theirs.substr(prefix.size());
  }
  return theirs;
}

std::string with_prefix(const NameTable& table, const NameRule& rule, const std::string& name) {
  return rule.base ? table.prefix + name : name;
}

}  // namespace

std::vector<NameRule> all_rules(std::vector<NameRule> first, const std::vector<NameRule>& then) {
  first.insert(first.end(), then.begin(), then.end());
  return first;
}

NameTable under_head(const NameTable& table, HeadUse use) {
  NameTable chosen = table;
  if (use == HeadUse::any) return chosen;
  std::erase_if(chosen.rules, [&](const NameRule& rule) { return rule.head != HeadUse::any && rule.head != use; });
  if (std::ranges::find(chosen.unprefixed, use) != chosen.unprefixed.end())
    chosen.other_prefix = std::exchange(chosen.prefix, "");
  return chosen;
}

std::optional<std::string> upstream_tensor(const NameTable& table, const std::string& ours) {
  for (const NameRule& rule : table.rules) {
    if (rule.exact && rule.ours == ours) return with_prefix(table, rule, rule.theirs);
  }
  const size_t dot = ours.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const auto module = upstream_module(table, ours.substr(0, dot));
  return module ? std::optional<std::string>(*module + ours.substr(dot)) : std::nullopt;
}

std::optional<Stored> stored(const NameTable& table, const std::string& ours) {
  const size_t dot = ours.rfind('.');
  const auto alone = upstream_tensor(table, ours);
  const auto fused = alone || dot == std::string::npos ? std::nullopt : upstream_fused(table, ours.substr(0, dot));
  if (!alone && !fused) return std::nullopt;
  Stored place{.name = alone ? *alone : *fused + ours.substr(dot)};
  const std::string bare = place.name.starts_with(table.prefix) ? place.name.substr(table.prefix.size()) : place.name;
  place.transposed =
      std::ranges::any_of(table.transposed, [&](const std::string& pattern) { return Pattern(pattern).matches(bare); });
  if (const auto shape = table.shapes.find(ours); shape != table.shapes.end()) place.shape = shape->second;
  if (fused) {
    for (const std::string& part : our_parts(table, *fused)) place.parts.push_back(part + ours.substr(dot));
  }
  return place;
}

std::optional<std::string> upstream_module(const NameTable& table, const std::string& ours) {
  for (const NameRule& rule : table.rules) {
    if (rule.exact) continue;
    if (const auto number = match(rule.ours, ours)) return with_prefix(table, rule, filled(rule.theirs, *number));
  }
  return std::nullopt;
}

std::optional<std::string> our_module(const NameTable& table, const std::string& theirs) {
  const std::string bare = without_prefix(table, theirs);
  for (const NameRule& rule : table.rules) {
    if (rule.exact) continue;
    if (const auto number = match(rule.theirs, rule.base ? bare : theirs)) return filled(rule.ours, *number);
  }
  return std::nullopt;
}

std::vector<std::string> our_parts(const NameTable& table, const std::string& theirs) {
  const std::string bare = without_prefix(table, theirs);
  std::vector<std::string> parts;
  for (const FusedRule& rule : table.fused) {
    const auto number = match(rule.theirs, bare);
    if (!number) continue;
    for (const std::string& ours : rule.ours) parts.push_back(filled(ours, *number));
    break;
  }
  return parts;
}

std::optional<std::string> upstream_fused(const NameTable& table, const std::string& ours) {
  for (const FusedRule& rule : table.fused) {
    for (const std::string& part : rule.ours) {
      if (const auto number = match(part, ours)) return table.prefix + filled(rule.theirs, *number);
    }
  }
  return std::nullopt;
}

}  // namespace espalier
