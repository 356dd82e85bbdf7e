// Every method of the catalogue, and the mask, on every family: the list that all properties run over. A new entry of either
// list is tested without a line here, except that a new family needs its tiny configuration.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "espalier/models/model.h"
#include "tests/support/tiny_bert.h"

namespace espalier::battery {

struct Case {
  std::string family, method;
  std::string variant = "";  ///< "" = the method's defaults; others stand in variants()
};

inline std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.method << (c.variant.empty() ? "" : " ") << c.variant << " on " << c.family;
}

/// Options of a method beside its defaults, by the variant's name.
const std::map<std::string, Value>& variants(const std::string& method);

std::vector<Case> all_cases();
std::string case_name(const testing::TestParamInfo<Case>& info);

/// The family's tiny configuration; an Error when nobody wrote one.
nlohmann::json tiny_config(const std::string& family);

/// A model of the case's family, in double, all leaves random; always the same bits.
std::unique_ptr<Model> base_model(const Case& c, const HeadOptions& head = support::classes(3));
/// The case's method with its defaults or its variant's options, under another name if one is given.
std::unique_ptr<Modifier> make_modifier(const Case& c, const std::string& name = "");
/// The same again from kind() and options(), as a stored plan makes it.
std::unique_ptr<Modifier> remake(const Modifier& modifier);

/// What training would update with this method: its choice, or the head where it leaves all training to that.
std::vector<Parameter*> trained(Model& model, Modifier& modifier);
/// As if trained for a while: random numbers, by path, are added to every trained one.
void shake(Model& model, Modifier& modifier, uint64_t seed = 7);

Batch batch();
Tensor outputs(Model& model, const Batch& batch = battery::batch());
/// Whether they are the same but for rounding: where anything is attached that may read all rows, the last block computes them,
/// and a product of other rows may sum in another order.
bool equal_outputs(const Tensor& a, const Tensor& b);
/// The mean cross entropy of `batch`.
Tensor loss(Model& model, const Batch& batch);

/// Copies of all leaves of base and head, to compare bit for bit.
using Leaves = std::vector<std::pair<Parameter*, Tensor>>;
Leaves copied(const std::vector<Parameter*>& parameters);
void expect_unchanged(const Leaves& leaves, const std::string& when);

class Battery : public testing::TestWithParam<Case> {};

}  // namespace espalier::battery
