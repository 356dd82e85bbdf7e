#include "espalier/peft/compacter.h"

#include "espalier/base/error.h"
#include "espalier/base/pattern.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {

void CompacterOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("form", form).one_of({"compacter", "compacter++", "phm", "low_rank"}).help("the published arrangement");
  f("sites", sites).help("pattern of the branches that get a bottleneck");
  f("placement", placement)
      .one_of({"after_drop", "before_drop", "join", "parallel"})
      .help("behind the branch after or before its dropout, around its join, or beside it");
  f("width", width).at_least(0).help("d, the width of the bottleneck; 0 = by reduction_factor");
  f("reduction_factor", reduction_factor).above(0).help("d is the model's width divided by it");
  f("divisions", divisions).at_least(0).help("n, the number of Kronecker products; 0 = the form's own");
  f("rank", rank).at_least(1).help("r, the rank of each B");
  f("nonlinearity", nonlinearity).help("the activation between the two maps");
  f("rule_init", rule_init)
      .one_of({"normal", "uniform"})
      .help("of A: N(0, init_range^2), 0.01 for a rule of its own; U(-1, 1), 0.01");
  f("factor_init", factor_init).one_of({"glorot_uniform", "glorot_normal", "normal"}).help("of the factors of B");
  f("init_range", init_range).above(0).help("of normal draws");
  f("train_norms", train_norms).help("the backbone's norms train too, as in the paper");
}

HypercomplexBottleneck::HypercomplexBottleneck(Module& parent, const Site& branch, const BottleneckShape& shape, PhmShape phm,
                                               Parameter* rule)
    : Bottleneck(parent, branch, shape),
      down_map(*this, "down", shape.in, shape.width, phm, rule),
      up_map(*this, "up", shape.width, shape.in, phm, rule) {}

Compacter::Compacter(CompacterOptions options) : Modifier(options.name), options_(std::move(options)) {
  const std::string& form = options_.form;
  if (options_.sites == "auto") options_.sites = form == "compacter++" ? "*.*.ffn" : "*.*.{attention,ffn}";
  if (options_.divisions == 0) options_.divisions = form == "phm" ? 12 : form == "low_rank" ? 1 : 4;
  if (form == "low_rank" && options_.divisions != 1) {
    throw usage_error("'{}': form = \"low_rank\" with divisions = {}; expected 1", name(), options_.divisions)
        .hint("use form = \"compacter\"");
  }
  activation(options_.nonlinearity, name() + ".nonlinearity");
}

Value Compacter::options() const { return write_options(options_); }

PhmShape Compacter::phm() const { return {.divisions = options_.divisions, .rank = options_.form == "phm" ? 0 : options_.rank}; }

BottleneckShape Compacter::shape_on(int64_t width) const {
  const int64_t n = options_.divisions;
  const int64_t m = bottleneck_width(options_.width, options_.reduction_factor, width, n, name());
  if (width % n != 0 || m % n != 0) {
    throw usage_error("'{}': {} divisions of a model of width {} with bottlenecks of width {}; expected a divisor of both",
                      name(), n, width, m)
        .hint("set `divisions` or `width`");
  }
  return {
      .in = width, .width = m, .placement = placement_from(options_.placement), .activation = activation(options_.nonlinearity)};
}

std::vector<Parameter*> Compacter::norms(Model& model) const {
  std::vector<Parameter*> norms;
  const Pattern pattern("**.norm.{weight,bias}");
  if (!options_.train_norms) return norms;
  model.backbone().each_parameter([&](Parameter& p) {
    if (pattern.matches(p.path())) norms.push_back(&p);
  });
  return norms;
}

void Compacter::start_rule(Parameter& rule, uint64_t seed, at::ScalarType type) const {
  const bool shared = shares_rule();
  if (options_.rule_init == "uniform") return init::uniform(rule, shared ? 1 : 0.01, seed, type);
  init::normal(rule, shared ? options_.init_range : 0.01, seed, type);
}

void Compacter::attach(Model& model, uint64_t seed) {
  const BottleneckShape shape = shape_on(model.width());
  const std::vector<Site*> where = branches(model, options_.sites);
  const int64_t n = options_.divisions;
  if (shares_rule()) {
    rule_ = std::make_unique<Parameter>(*this, "rule", std::vector<int64_t>{n, n, n});
    start_rule(*rule_, seed, model.dtype());
  }
  for (Site* branch : where) {
    auto& f = *places_.emplace_back(std::make_unique<HypercomplexBottleneck>(*this, *branch, shape, phm(), rule_.get()));
    for (PhmLinear* map : {&f.down_map, &f.up_map}) {
      map->start(options_.factor_init, options_.init_range, seed, model.dtype());
      if (map->own_rule() != nullptr) start_rule(*map->own_rule(), seed, model.dtype());
    }
    hold(Bottleneck::place(model, *branch, shape.placement)
             .wrap(WrapOrder::delta, name(), [&f, this](const Tensor& x, Next next, Pass& pass) {
               return enabled() ? f.wrapped(x, next, pass) : next(x);
             }));
  }
  leaves_.take(norms(model));
}

void Compacter::detach(Model& model) {
  leaves_.give_back();
  Modifier::detach(model);
}

void Compacter::enable(bool on) {
  if (on != enabled()) leaves_.swap();
  Modifier::enable(on);
}

std::vector<Parameter*> Compacter::trained(Model&) {
  std::vector<Parameter*> trained = parameters();
  for (Parameter* p : leaves_.parameters()) trained.push_back(p);
  return trained;
}

int64_t Compacter::expected_size(Model& model) const {
  const BottleneckShape shape = shape_on(model.width());
  // A loaded model may lack parts that nothing uses; one made from its configuration alone has no leaf at all yet.
  const bool loaded = !model.base_parameters().empty();
  int64_t size = compacter_size(int64_t(branches(model, options_.sites).size()), shape.in, shape.width, phm(), shares_rule());
  for (const Parameter* p : norms(model)) size += loaded && !p->defined() ? 0 : p->size();
  return size;
}

int64_t compacter_size(int64_t count, int64_t k, int64_t d, PhmShape shape, bool shared_rule) {
  const int64_t n = shape.divisions;
  return count * (phm_size(k, d, shape, !shared_rule) + phm_size(d, k, shape, !shared_rule)) + (shared_rule ? n * n * n : 0);
}

}  // namespace espalier
