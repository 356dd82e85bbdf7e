#include "espalier/peft/prefix.h"

#include <cmath>

#include "espalier/base/error.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/op.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/positions.h"

namespace espalier {
namespace {

void start_linear(Linear& linear, uint64_t seed, at::ScalarType type) {
  init::kaiming_uniform(linear.weight(), seed, type);
  init::uniform(*linear.bias(), 1 / std::sqrt(double(linear.in())), seed, type);
}

/// P [l, D] for each example of a group, as heads: [G, H, l, dh]. A recorder is told through `spread`, whose rows are those of
/// all examples.
Tensor spread_heads(const Parameter& rows, const Heads& heads, Pass& pass) {
  const int64_t length = rows.shape()[0], count = heads.group.count, h = heads.key.size(1);
  Tensor each;  // [G or 1, l, D]
  if (pass.recorder == nullptr) {
    each = rows(pass).unsqueeze(0);
  } else {
    // The frame is that of the queries: as many examples, whatever their rows.
    const FrameScope scope(pass, make_frame(std::vector<int64_t>(size_t(pass.frame->examples()), length)));
    each = op::spread(rows, pass).view({-1, length, rows.shape()[1]}).narrow(0, heads.group.first, count);
  }
  return each.view({each.size(0), length, h, -1}).transpose(1, 2).expand({count, h, length, -1});
}

}  // namespace

void PrefixOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("sites", sites).help("pattern of the attentions that get a prefix");
  f("length", length).at_least(1).help("l, the rows in front of keys and values");
  f("reading", reading)
      .one_of({"adapterhub", "peft"})
      .help("whose prefixes; under peft's the text's positions begin behind the prefix");
  f("bottleneck", bottleneck).at_least(0).help("m, the width of the network that makes the rows; 0 = the rows themselves train");
  f("deviation", deviation).above(0).help("of the initial rows, N(0, deviation^2)");
}

PrefixSource::PrefixSource(Module& parent, int64_t length, int64_t width, int64_t bottleneck)
    : Module(parent, "source"), rows(*this, "rows", {length, width}), down(*this, "down", width, bottleneck) {}

Tensor PrefixSource::operator()(Pass& pass) const { return at::tanh(down(rows(pass), pass)); }

PrefixPlace::PrefixPlace(Module& parent, Attention& a, int64_t length, int64_t bottleneck)
    : Module(parent, a.path()), attention(a), length_(length), width_(a.key.out()) {
  if (bottleneck > 0) {
    up_ = std::make_unique<Linear>(*this, "up", bottleneck, 2 * width_);
  } else {
    key_ = std::make_unique<Parameter>(*this, "key", std::vector<int64_t>{length, width_});
    value_ = std::make_unique<Parameter>(*this, "value", std::vector<int64_t>{length, width_});
  }
}

Tensor PrefixPlace::made(const PrefixSource& source, Pass& pass) const {
  const FrameScope scope(pass, make_frame({length_}));  // its rows belong to no example
  const Tensor y = (*up_)(source(pass), pass);          // [l, 2 D]
  return y.view({length_, 2, width_}).transpose(0, 1);
}

void PrefixPlace::lengthen(Heads& heads, const PrefixSource* source, Pass& pass) const {
  Tensor key, value;  // [G, H, l, dh]
  if (up_) {
    const int64_t h = heads.key.size(1);
    const Tensor both = made(*source, pass).reshape({2, length_, h, -1}).transpose(1, 2);  // [2, H, l, dh]
    const auto each = [&](int64_t which) {
      const Tensor one = both.select(0, which).unsqueeze(0);
      return one.expand({heads.group.count, h, length_, one.size(3)});
    };
    key = each(0);
    value = each(1);
  } else {
    key = spread_heads(*key_, heads, pass);
    value = spread_heads(*value_, heads, pass);
  }
  heads.key = at::cat({key, heads.key}, 2);
  heads.value = at::cat({value, heads.value}, 2);
  if (heads.bias.defined() && heads.bias.size(-1) > 1) heads.bias = at::constant_pad_nd(heads.bias, {length_, 0}, 0);
}

void PrefixPlace::start(double deviation, uint64_t seed, at::ScalarType type) {
  if (up_) return start_linear(*up_, seed, type);
  init::normal(*key_, deviation, seed, type);
  init::normal(*value_, deviation, seed, type);
}

Tensor PrefixPlace::folded(const PrefixSource* source) const {
  at::NoGradGuard no_gradient;
  Pass pass;
  return up_ ? made(*source, pass).detach() : at::stack({key_->leaf().detach(), value_->leaf().detach()});
}

void PrefixPlace::set(const Tensor& key, const Tensor& value) {
  key_->set(key);
  value_->set(value);
}

void PrefixPlace::fold(const PrefixSource& source) {
  const Tensor both = folded(&source);
  key_ = std::make_unique<Parameter>(*this, "key", std::vector<int64_t>{length_, width_});
  value_ = std::make_unique<Parameter>(*this, "value", std::vector<int64_t>{length_, width_});
  key_->set(both.select(0, 0).contiguous());
  value_->set(both.select(0, 1).contiguous());
  up_.reset();
}

Prefix::Prefix(PrefixOptions options) : Modifier(options.name), options_(std::move(options)) {}

Value Prefix::options() const { return write_options(options_); }

std::vector<Attention*> Prefix::chosen(Model& model) const {
  std::vector<Attention*> chosen;
  Problems problems;
  for (Site* s : model.sites(options_.sites)) {
    auto* attention = dynamic_cast<Attention*>(&s->owner());
    if (attention != nullptr) {
      chosen.push_back(attention);
    } else {
      problems.add(s->path(), fmt::format("is a {}, not an attention", unit_name(s->unit())));
    }
  }
  problems.raise(ErrorKind::usage, fmt::format("the pattern '{}' names places without keys and values", options_.sites));
  return chosen;
}

void Prefix::attach(Model& model, uint64_t seed) {
  const std::vector<Attention*> attentions = chosen(model);
  if (as_peft()) check_tokens(model, name());
  if (options_.bottleneck > 0) {
    source_ = std::make_unique<PrefixSource>(*this, options_.length, model.width(), options_.bottleneck);
    init::normal(source_->rows, options_.deviation, seed, model.dtype());
    start_linear(source_->down, seed, model.dtype());
  }
  if (as_peft()) {
    hold(model.site_at("embed").wrap(WrapOrder::delta, name(), [this, &model](const Tensor& ids, Next next, Pass& pass) {
      if (!enabled()) return next(ids);
      std::vector<int64_t> lengths;
      for (int64_t i = 0; i < pass.frame->examples(); ++i) lengths.push_back(pass.frame->length(i) + options_.length);
      check_positions(model, lengths, options_.length, name());
      const auto moved = std::make_shared<Frame>(*pass.frame);
      moved->positions = moved->positions + options_.length;
      pass.frame = moved;
      return next(ids);
    }));
  }
  for (Attention* attention : attentions) {
    PrefixPlace& place =
        *places_.emplace_back(std::make_unique<PrefixPlace>(*this, *attention, options_.length, options_.bottleneck));
    place.start(options_.deviation, seed, model.dtype());
    hold(attention->on_heads(name(), [&place, this](Heads& heads, Pass& pass) {
      if (enabled()) place.lengthen(heads, source_.get(), pass);
    }));
  }
}

void Prefix::fold() {
  if (!source_) return;
  Problems problems;
  each_parameter([&](Parameter& p) {
    for (const std::string& label : p.edit_labels()) problems.add(p.path(), fmt::format("is edited by '{}'", label));
  });
  problems.raise(ErrorKind::unsupported, fmt::format("'{}' cannot be folded", name()));
  at::NoGradGuard no_gradient;
  for (const auto& place : places_) place->fold(*source_);
  source_.reset();
  options_.bottleneck = 0;
}

int64_t Prefix::expected_size(Model& model) const {
  const int64_t l = options_.length, d = model.width(), m = options_.bottleneck;
  int64_t rows = 0;  // numbers of one row of all places
  for (const Attention* attention : chosen(model)) rows += 2 * attention->key.out();
  return m == 0 ? l * rows : l * d + m * (d + 1) + rows * (m + 1);
}

}  // namespace espalier
