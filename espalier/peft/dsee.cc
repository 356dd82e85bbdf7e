#include "espalier/peft/dsee.h"

#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/low_rank_sparse.h"

namespace espalier {
namespace {

constexpr double kDeviation = 0.02;
constexpr int64_t kSampleExamples = 320;

Tensor normal(std::vector<int64_t> shape, uint64_t key) {
  RandomStream draw(key);
  Tensor values = at::empty(shape, at::kDouble);
  double* data = values.data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) data[i] = draw.normal();
  return values;
}

/// The flat places of the `count` largest numbers, ascending; ties are broken by place.
Tensor largest(const Tensor& scores, int64_t count) {
  const Tensor order = at::argsort(scores.flatten(), /*stable=*/true, /*dim=*/0, /*descending=*/true);
  return std::get<0>(order.narrow(0, 0, count).sort());
}

}  // namespace

void DseeOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("sites", sites).help("pattern of the linear sites that receive an update");
  f("rank", rank).at_least(0).help("r, the rank of B A; 0 = S alone");
  f("alpha", alpha).above(0).help("the update is scaled by alpha / r");
  f("entries", entries).at_least(0).help("N, the numbers of S in each weight");
  f("positions", positions)
      .one_of({"decomposition", "reference", "random", "magnitude", "gradient"})
      .help("where they stand: of W = U V + S, of the authors' loop, drawn, or where |W| or its gradient is largest");
  f("decomposition_rank", decomposition_rank).at_least(0).help("of U V; 0 = rank");
  f("threshold", threshold).above(0).help("what is smaller in S is zero while it is decomposed");
  f("entry_scale", entry_scale).one_of({"lora", "one"}).help("S is scaled as B A is, or not");
  f("init", init).one_of({"zero", "reference"}).help("B = S = 0, or all drawn as in the authors' runs");
}

DseePair::DseePair(Module& parent, Linear& linear, const DseeOptions& options)
    : LinearUpdate(parent, linear),
      scale_(options.rank > 0 ? options.alpha / double(options.rank) : 1),
      entry_scale_(options.entry_scale == "lora" ? scale_ : 1) {
  if (options.rank > 0) {
    down = std::make_unique<Linear>(*this, "down", linear.in(), options.rank, false);
    up = std::make_unique<Linear>(*this, "up", options.rank, linear.out(), false);
  }
  if (options.entries > 0) values = std::make_unique<Parameter>(*this, "values", std::vector<int64_t>{options.entries});
}

void DseePair::place(const Tensor& places) {
  places_ = places;
  rows_ = at::div(places, base.in(), "floor");
  columns_ = at::remainder(places, base.in());
}

Tensor DseePair::update(const Tensor& x, Pass& pass) const {
  Tensor y = down ? (*up)((*down)(x, pass) * scale_, pass) : at::zeros({x.size(0), base.out()}, x.options());
  if (values == nullptr) return y;
  const Tensor moved = x.index_select(1, columns_) * ((*values)(pass)*entry_scale_);  // [N, entries]
  return y.index_add(1, rows_, moved);
}

Tensor DseePair::matrix(Pass& pass) const {
  Tensor m = at::zeros({base.out(), base.in()}, at::kDouble);
  if (down) m = at::mm(up->weight()(pass).to(at::kDouble), down->weight()(pass).to(at::kDouble)) * scale_;
  if (values) m.view(-1).index_add_(0, places_, (*values)(pass).to(at::kDouble) * entry_scale_);
  return m;
}

Dsee::Dsee(DseeOptions options) : LinearUpdates(options.name), options_(std::move(options)) {
  if (options_.rank == 0 && options_.entries == 0) throw usage_error("'{}': rank = 0 with entries = 0 trains nothing", name());
  if (options_.rank == 0 && options_.decomposition_rank == 0 && options_.positions == "decomposition") {
    throw usage_error("'{}': rank = 0 leaves the rank of the decomposition open", name()).hint("set `decomposition_rank`");
  }
}

Value Dsee::options() const { return write_options(options_); }

std::vector<Linear*> Dsee::bases(Model& model) const {
  const std::vector<Linear*> bases = model.linears(options_.sites);
  Problems problems;
  for (const Linear* base : bases) {
    if (options_.entries <= base->weight().size()) continue;
    problems.add(base->path(),
                 fmt::format("holds {} numbers; {} entries were asked for", base->weight().size(), options_.entries));
  }
  problems.raise(ErrorKind::usage, fmt::format("'{}' does not fit its layers", name()));
  return bases;
}

Tensor Dsee::choose(const DseePair& pair, uint64_t seed) const {
  const Tensor w = pair.base.weight().leaf().detach().to(at::kDouble);
  const uint64_t key = derive_key(seed, pair.path() + ".places");
  const std::string& how = options_.positions;
  if (how == "magnitude") return largest(w.abs(), options_.entries);
  if (how == "random" || how == "gradient") return largest(normal({w.size(0), w.size(1)}, key), options_.entries);
  const int64_t limit = options_.decomposition_rank > 0 ? options_.decomposition_rank : options_.rank;
  const Tensor s =
      decompose(w, normal({1, w.size(1)}, key), {.max_rank = how == "reference" ? 0 : limit, .threshold = options_.threshold})
          .sparse.abs();
  const int64_t found = at::count_nonzero(s).item<int64_t>();
  if (found < options_.entries) {
    throw numeric_error("the decomposition leaves {} numbers in S; {} entries were asked for", found, options_.entries)
        .at(pair.base.path())
        .hint("use fewer entries, a smaller threshold, or positions = \"magnitude\"");
  }
  return largest(s, options_.entries);
}

void Dsee::attach(Model& model, uint64_t seed) {
  const at::ScalarType type = model.dtype();
  const bool drawn = options_.init == "reference";
  const auto start = [&](Parameter& p) { drawn ? init::normal(p, kDeviation, seed, type) : init::constant(p, 0, type); };
  for (Linear* base : bases(model)) {
    DseePair& pair = add(std::make_unique<DseePair>(*this, *base, options_));
    pairs_.push_back(&pair);
    if (pair.down) {
      init::normal(pair.down->weight(), kDeviation, seed, type);
      start(pair.up->weight());
    }
    if (pair.values == nullptr) continue;
    start(*pair.values);
    pair.place(choose(pair, seed));
  }
}

int64_t Dsee::wants_examples() const { return options_.positions == "gradient" && options_.entries > 0 ? kSampleExamples : 0; }

void Dsee::prepare(Model&, const Sample& sample) {
  std::vector<Parameter*> weights;
  for (DseePair* pair : pairs_) weights.push_back(&pair->base.weight());
  const std::vector<Tensor> gradients = sample.gradients(weights);
  for (size_t i = 0; i < pairs_.size(); ++i) pairs_[i]->place(largest(gradients[i].abs(), options_.entries));
}

std::map<std::string, Tensor> Dsee::kept() const {
  std::map<std::string, Tensor> kept;
  for (const DseePair* pair : pairs_) {
    if (pair->values != nullptr) kept[pair->join("places")] = pair->places();
  }
  return kept;
}

void Dsee::restore_kept(const std::map<std::string, Tensor>& tensors) {
  for (DseePair* pair : pairs_) {
    if (pair->values == nullptr) continue;
    const auto found = tensors.find(pair->join("places"));
    const int64_t most = pair->base.weight().size();
    if (found == tensors.end() || found->second.scalar_type() != at::kLong || found->second.numel() != options_.entries ||
        found->second.min().item<int64_t>() < 0 || found->second.max().item<int64_t>() >= most) {
      throw data_error("the places of the sparse numbers are missing, or not {} indices below {}", options_.entries, most)
          .at(pair->join("places"));
    }
    pair->place(found->second);
  }
}

int64_t Dsee::expected_size(Model& model) const {
  int64_t size = 0;
  for (const Linear* base : bases(model)) size += options_.rank * (base->in() + base->out()) + options_.entries;
  return size;
}

}  // namespace espalier
