#include "espalier/peft/fact.h"

#include <cmath>

#include "espalier/base/error.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

int64_t slices_of(const Linear& base, int64_t width) { return (base.in() / width) * (base.out() / width); }

std::unique_ptr<Parameter> of_tucker(Module& owner, const FactOptions& options, const char* name, std::vector<int64_t> shape) {
  return options.form == "tk" ? std::make_unique<Parameter>(owner, name, std::move(shape)) : nullptr;
}

}  // namespace

void FactOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("form", form).one_of({"tt", "tk"}).help("tensor train, a free core for each slice; Tucker, one core and a vector for each");
  f("sites", sites).help("pattern of the linear sites that are adapted together");
  f("rank", rank).at_least(1).help("r, of all factors");
  f("scale", scale).above(0).help("s, the update's factor; the authors try 0.01, 0.1, 1, 10 and 100");
  f("dropout", dropout).between(0, 1).help("dropout in the space of rank r");
  f("layout", layout)
      .one_of({"paper", "reference"})
      .help("of Tucker's feed-forward cores; reference reads what the authors' code has trained");
}

FactBank::FactBank(Module& owner, const FactOptions& options, int64_t width, int64_t slices)
    : input(owner, "input", {options.rank, width}),
      output(owner, "output", {width, options.rank}),
      core(of_tucker(owner, options, "core", {options.rank, options.rank, options.rank})),
      rows(of_tucker(owner, options, "rows", {options.rank, slices})) {}

FactSlices::FactSlices(Module& parent, Linear& linear, const FactBank& bank, const FactOptions& options, int64_t first)
    : LinearUpdate(parent, linear),
      drop(*this, "drop", options.dropout),
      bank_(bank),
      rank_(options.rank),
      width_(bank.input.shape()[1]),
      first_(first),
      slices_(slices_of(linear, width_)),
      scale_(options.scale),
      reference_(options.layout == "reference") {
  if (options.form == "tt") own = std::make_unique<Parameter>(*this, "cores", std::vector<int64_t>{slices_, rank_, rank_});
}

Tensor FactSlices::cores(Pass& pass) const {
  if (own) return (*own)(pass);
  const Tensor all = at::matmul((*bank_.core)(pass), (*bank_.rows)(pass).narrow(1, first_, slices_));  // [r, r, slices]
  if (!reference_ || slices_ == 1) return all.permute({2, 0, 1});
  // The authors reshape [r, r, m] to [r, m r], so that column c is (c div m, c mod m), and let the narrowing map read it
  // transposed.
  const Tensor wide = all.reshape({rank_, slices_, rank_});
  return widens() ? wide.permute({1, 0, 2}) : wide.permute({1, 2, 0});
}

Tensor FactSlices::update(const Tensor& x, Pass& pass) const {
  const int64_t n = x.size(0), r = rank_;
  const Tensor s = cores(pass), u = bank_.input(pass), v = bank_.output(pass);
  Tensor y;
  if (widens() || slices_ == 1) {
    const Tensor z = at::matmul(at::matmul(x, u.t()), s.permute({1, 0, 2}).reshape({r, slices_ * r}));
    y = at::matmul(drop(z, pass).view({n, slices_, r}), v.t()).reshape({n, slices_ * width_});
  } else {
    const Tensor z = at::matmul(x.reshape({n, slices_, width_}), u.t());  // [N, slices, r]
    const Tensor turned = at::bmm(z.transpose(0, 1), s).transpose(0, 1);
    y = at::matmul(drop(turned.reshape({n, slices_ * r}), pass).view({n, slices_, r}).sum(1), v.t());
  }
  return y * scale_;
}

Tensor FactSlices::matrix(Pass& pass) const {
  const auto exact = [](const Tensor& t) { return t.to(at::kDouble); };
  const Tensor turned = at::matmul(exact(cores(pass)).transpose(1, 2), exact(bank_.input(pass)));  // [slices, r, d]
  const Tensor blocks = at::matmul(exact(bank_.output(pass)), turned) * scale_;                    // [slices, d, d]
  if (widens()) return blocks.reshape({slices_ * width_, width_});
  return blocks.permute({1, 0, 2}).reshape({width_, slices_ * width_});
}

Fact::Fact(FactOptions options) : LinearUpdates(options.name), options_(std::move(options)) {}

Value Fact::options() const { return write_options(options_); }

std::vector<Linear*> Fact::bases(Model& model) const {
  const int64_t d = model.width();
  const std::vector<Linear*> bases = model.linears(options_.sites);
  Problems problems;
  for (const Linear* base : bases) {
    const bool whole = base->in() % d == 0 && base->out() % d == 0 && std::min(base->in(), base->out()) == d;
    if (!whole) problems.add(base->path(), fmt::format("is [{}, {}]", base->out(), base->in()), "leave it out of `sites`");
  }
  problems.raise(ErrorKind::unsupported,
                 fmt::format("'{}' needs layers that fall into slices of {} by {}, the model's width", name(), d, d));
  if (options_.rank > d) {
    throw usage_error("'{}': rank = {}; expected at most {}, the model's width", name(), options_.rank, d);
  }
  return bases;
}

void Fact::attach(Model& model, uint64_t seed) {
  const std::vector<Linear*> where = bases(model);
  const auto d = double(model.width()), r = double(options_.rank);
  int64_t slices = 0;
  for (const Linear* base : where) slices += slices_of(*base, model.width());
  bank_ = std::make_unique<FactBank>(*this, options_, model.width(), slices);
  init::uniform(bank_->input, 1 / std::sqrt(d), seed, model.dtype());
  init::constant(bank_->output, 0, model.dtype());
  if (bank_->core) {  // Xavier-uniform
    init::uniform(*bank_->core, std::sqrt(3.0) / r, seed, model.dtype());
    init::uniform(*bank_->rows, std::sqrt(6 / (double(slices) + r)), seed, model.dtype());
  }
  int64_t first = 0;
  for (Linear* base : where) {
    FactSlices& place = add(std::make_unique<FactSlices>(*this, *base, *bank_, options_, first));
    places_.push_back(&place);
    first += place.slices();
    if (place.own == nullptr) continue;
    // A narrowing map's cores are one [r, m r] matrix to the authors.
    const double fan = place.widens() ? r : r * double(place.slices());
    init::uniform(*place.own, 1 / std::sqrt(fan), seed, model.dtype());
  }
}

int64_t Fact::expected_size(Model& model) const {
  const int64_t d = model.width(), r = options_.rank;
  int64_t slices = 0;
  for (const Linear* base : bases(model)) slices += slices_of(*base, d);
  return 2 * d * r + (options_.form == "tt" ? slices * r * r : slices * r + r * r * r);
}

}  // namespace espalier
