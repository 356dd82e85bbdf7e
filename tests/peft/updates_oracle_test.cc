// FacT, KAdaptation and DSEE's update against their equations written slice by slice: what each place adds, the matrix that is
// merged, and every gradient. Fastfood against whole Hadamard matrices, GreBsmo against its loop.
#include <gtest/gtest.h>

#include "espalier/base/seed.h"
#include "espalier/nn/walsh.h"
#include "espalier/peft/dsee.h"
#include "espalier/peft/fact.h"
#include "espalier/peft/kadaptation.h"
#include "espalier/peft/low_rank_sparse.h"
#include "tests/support/oracle_model.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

// Sums of some hundred doubles near 1, in another order.
constexpr double kRounding = 1e-11;

struct Attached {
  std::unique_ptr<Model> model;
  Modifier* method;
  std::vector<LinearUpdate*> places;
};

std::unique_ptr<Model> square_model() {
  nlohmann::json config = support::tiny_config(8, 2, 2);
  config["intermediate_size"] = 32;
  return support::tiny_bert(support::classes(2), config);
}

template <class Method, class Options, class Places>
Attached attached(const Options& options, Places&& places) {
  Attached a{square_model(), nullptr, {}};
  auto& method = dynamic_cast<Method&>(a.model->attach(std::make_unique<Method>(options), 1));
  a.method = &method;
  for (auto* place : places(method)) a.places.push_back(place);
  return a;
}

Attached make(const support::OracleCase& c) {
  const auto& about = c.about;
  const std::string name = about.at("case");
  if (name.starts_with("fact")) {
    const FactOptions options{.form = about.at("form"), .rank = 2, .scale = about.at("scale"), .layout = about.at("layout")};
    return attached<Fact>(options, [](Fact& m) { return m.places(); });
  }
  if (name.starts_with("kadaptation")) {
    const KadaptationOptions options{.divisions = about.at("divisions"),
                                     .rank = about.at("rank"),
                                     .slow_rank = about.at("slow_rank"),
                                     .scale = about.at("scale")};
    return attached<Kadaptation>(options, [](Kadaptation& m) { return m.places(); });
  }
  const DseeOptions options{.sites = "*.*.attention.query, *.*.ffn.down",
                            .rank = about.at("rank"),
                            .alpha = about.at("alpha"),
                            .entries = about.at("entries"),
                            .positions = "random",
                            .entry_scale = about.at("scaled").get<bool>() ? "lora" : "one"};
  return attached<Dsee>(options, [](Dsee& m) { return m.pairs(); });
}

class UpdatesOracle : public testing::TestWithParam<const char*> {};

TEST_P(UpdatesOracle, EqualsItsEquations) {
  const support::OracleCase c = support::read_case(std::string("updates/") + GetParam());
  const Attached a = make(c);
  const std::string own = a.method->name() + "/";
  for (Parameter* p : a.method->parameters()) {
    p->set(c.tensors.at(p->path().substr(own.size())).view(p->shape()).clone());
    p->train(true);
  }
  std::map<std::string, Tensor> chosen;
  for (const auto& [name, before] : a.method->kept()) chosen[name] = c.tensors.at(name.substr(own.size()));
  a.method->restore_kept(chosen);
  Pass pass;
  Tensor loss = at::zeros({}, at::kDouble);
  for (const LinearUpdate* place : a.places) {
    const std::string path = place->base.path();
    const Tensor y = (*place)(c.tensors.at("x." + path), pass);
    EXPECT_LT(support::apart(y.detach(), c.tensors.at("y." + path)), kRounding) << path;
    EXPECT_LT(support::apart(place->matrix(pass).detach(), c.tensors.at("delta." + path)), kRounding) << path;
    loss = loss + (y * c.tensors.at("c." + path)).sum();
  }
  torch::autograd::backward({loss}, {});
  for (Parameter* p : a.method->parameters()) {
    const Tensor wanted = c.tensors.at("grad." + p->path().substr(own.size())).view(p->shape());
    EXPECT_LT(support::apart(p->leaf().grad(), wanted), kRounding) << p->path();
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, UpdatesOracle,
                         testing::Values("fact_tt", "fact_tk", "fact_tk_reference", "kadaptation", "kadaptation_wide",
                                         "kadaptation_whole", "dsee", "dsee_unscaled"));

TEST(FastfoodOracle, EqualsTheProductOfItsMatrices) {
  const support::OracleCase c = support::read_case("updates/fastfood");
  for (const int64_t size : {1, 5, 64, 100}) {
    const std::string name = std::to_string(size);
    const Fastfood map(size, derive_key(9, "map" + name), at::kDouble);
    EXPECT_LT(support::apart(map(c.tensors.at("v." + name)), c.tensors.at("y." + name)), kRounding) << size;
  }
  const Fastfood map(5, derive_key(9, "map5"), at::kDouble);
  const Tensor unit = at::eye(8, at::kDouble);
  for (int64_t i = 0; i < 8; ++i) EXPECT_LT(support::apart(map(unit[i]), c.tensors.at("map.5").select(1, i)), kRounding) << i;
}

TEST(DecompositionOracle, EqualsTheLoop) {
  const support::OracleCase c = support::read_case("updates/decomposition");
  const Tensor w = c.tensors.at("w"), start = c.tensors.at("start");
  for (const std::string name : {"limited", "rounds"}) {
    const bool limited = name == "limited";
    const LowRankSparse found = decompose(w, start, {.max_rank = limited ? 3 : 0, .rounds = limited ? 100 : 3});
    // A number whose |S| is the threshold within rounding could fall on either side; none of these is.
    EXPECT_LT(support::apart(at::matmul(found.left, found.right), c.tensors.at(name + ".low")), 1e-9) << name;
    EXPECT_LT(support::apart(found.sparse, c.tensors.at(name + ".sparse")), 1e-9) << name;
    EXPECT_EQ(found.right.size(0), c.tensors.at(name + ".ranks")[-1].item<int64_t>()) << name;
    const Tensor square = at::matmul(found.left.t(), found.left);
    EXPECT_LT(support::apart(square, at::eye(square.size(0), at::kDouble)), 1e-10) << name;
    EXPECT_LE((w - at::matmul(found.left, found.right) - found.sparse).abs().max().item<double>(), 0.01) << name;
  }
}

}  // namespace
}  // namespace espalier
