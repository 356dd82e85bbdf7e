#include "espalier/peft/adapter.h"

#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

struct Arrangement {
  const char *name, *sites, *placement, *nonlinearity, *init_weights;
  double reduction_factor, scale;
};
constexpr const char *kBoth = "*.*.{attention,ffn}", *kFfn = "*.*.ffn", *kAttention = "*.*.attention";
constexpr Arrangement kForms[] = {{"houlsby", kBoth, "after_drop", "silu", "bert", 16, 1},
                                  {"pfeiffer", kFfn, "join", "relu", "bert", 16, 1},
                                  {"pfeiffer_plain", kFfn, "after_drop", "relu", "bert", 16, 1},
                                  {"pfeiffer_attention", kAttention, "after_drop", "gelu_new", "near_zero", 32, 1},
                                  {"parallel", kFfn, "parallel", "relu", "mam_adapter", 2, 1},
                                  {"scaled_parallel", kFfn, "parallel", "relu", "mam_adapter", 2, 4}};

const Arrangement& form_of(const std::string& name) {
  for (const Arrangement& form : kForms) {
    if (name == form.name) return form;
  }
  throw usage_error("form '{}' is unknown", name);
}

}  // namespace

void AdapterOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("form", form)
      .one_of({"houlsby", "pfeiffer", "pfeiffer_plain", "pfeiffer_attention", "parallel", "scaled_parallel"})
      .help("the published arrangement; what is left open below is its own");
  f("sites", sites).help("pattern of the branches that get a bottleneck");
  f("placement", placement)
      .one_of({"auto", "after_drop", "before_drop", "join", "parallel"})
      .help("behind the branch after or before its dropout, around its join, or beside it");
  f("width", width).at_least(0).help("m, the width of the bottleneck; 0 = by reduction_factor");
  f("reduction_factor", reduction_factor).at_least(0).help("m is the model's width divided by it; 0 = the form's own");
  f("nonlinearity", nonlinearity).help("the activation between the two maps");
  f("scale", scale).at_least(0).help("s; 0 = the form's own");
  f("learn_scale", learn_scale).help("s is trained, one number for each place");
  f("init_weights", init_weights)
      .one_of({"auto", "bert", "mam_adapter", "near_zero"})
      .help("N(0, 0.02^2); Kaiming-uniform and zero; N(0, 0.01^2)");
  f("residual", residual).one_of({"input", "norm", "none"}).help("what is added to f; norm: of a join, what f reads");
  f("norm_before", norm_before).help("a layer norm of its own on f's input");
  f("norm_after", norm_after)
      .one_of({"none", "update", "sum"})
      .help("a layer norm of its own on f's output or on the residual sum");
  f("dropout", dropout).between(0, 1).help("dropout after the activation");
}

DenseBottleneck::DenseBottleneck(Module& parent, const Site& branch, const BottleneckShape& shape)
    : Bottleneck(parent, branch, shape),
      down_map(*this, "down", shape.in, shape.width),
      up_map(*this, "up", shape.width, shape.in) {}

void DenseBottleneck::start(const std::string& init_weights, uint64_t seed, at::ScalarType type) {
  start_own(type);
  init::constant(*down_map.bias(), 0, type);
  init::constant(*up_map.bias(), 0, type);
  if (init_weights == "mam_adapter") {
    init::kaiming_uniform(down_map.weight(), seed, type);
    init::constant(up_map.weight(), 0, type);
    return;
  }
  const double deviation = init_weights == "near_zero" ? 0.01 : 0.02;
  init::normal(down_map.weight(), deviation, seed, type);
  init::normal(up_map.weight(), deviation, seed, type);
}

Adapter::Adapter(AdapterOptions options) : Modifier(options.name), options_(std::move(options)) {
  const Arrangement& form = form_of(options_.form);
  const auto fill = [](std::string& option, const char* own) {
    if (option == "auto") option = own;
  };
  fill(options_.sites, form.sites);
  fill(options_.placement, form.placement);
  fill(options_.nonlinearity, form.nonlinearity);
  fill(options_.init_weights, form.init_weights);
  if (options_.reduction_factor == 0) options_.reduction_factor = form.reduction_factor;
  if (options_.scale == 0) options_.scale = form.scale;
  activation(options_.nonlinearity, name() + ".nonlinearity");
  if (options_.residual == "norm" && options_.placement != "join") {
    throw usage_error("'{}': residual = \"norm\" needs placement = \"join\"; it is \"{}\"", name(), options_.placement);
  }
  if (options_.residual == "none" && options_.placement == "parallel") {
    throw usage_error("'{}': residual = \"none\" beside a branch would drop the branch", name())
        .hint("use placement = \"after_drop\"");
  }
}

Value Adapter::options() const { return write_options(options_); }

BottleneckShape Adapter::shape_on(int64_t width) const {
  return {.in = width,
          .width = bottleneck_width(options_.width, options_.reduction_factor, width, 1, name()),
          .placement = placement_from(options_.placement),
          .activation = activation(options_.nonlinearity),
          .scale = options_.scale,
          .learn_scale = options_.learn_scale,
          .norm_before = options_.norm_before,
          .norm_after = options_.norm_after,
          .residual = options_.residual,
          .dropout = options_.dropout};
}

void Adapter::attach(Model& model, uint64_t seed) {
  const BottleneckShape shape = shape_on(model.width());
  for (Site* branch : branches(model, options_.sites)) {
    DenseBottleneck& f = *places_.emplace_back(std::make_unique<DenseBottleneck>(*this, *branch, shape));
    f.start(options_.init_weights, seed, model.dtype());
    hold(Bottleneck::place(model, *branch, shape.placement)
             .wrap(WrapOrder::delta, name(), [&f, this](const Tensor& x, Next next, Pass& pass) {
               return enabled() ? f.wrapped(x, next, pass) : next(x);
             }));
  }
}

bool Adapter::starts_as_base() const { return options_.init_weights == "mam_adapter" && zero_is_base(shape_on(1 << 30)); }

int64_t Adapter::expected_size(Model& model) const {
  const BottleneckShape shape = shape_on(model.width());
  const int64_t each = 2 * shape.in * shape.width + shape.width + shape.in + bottleneck_extras(shape);
  return int64_t(branches(model, options_.sites).size()) * each;
}

}  // namespace espalier
