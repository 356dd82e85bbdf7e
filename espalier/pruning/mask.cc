#include "espalier/pruning/mask.h"

#include <cmath>
#include <limits>

#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"
#include "espalier/pruning/bits.h"
#include "espalier/pruning/group.h"

namespace espalier {
namespace {

std::unique_ptr<Score> score_of(const std::string& name) { return scores().find(name).make(Value(Value::Object{}), "score"); }

}  // namespace

void MaskOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("on", on).help("pattern of the parameters that are masked, the pool");
  f("prune_fraction", prune_fraction).at_least(0).below(1).help("share of the pool's numbers that become zero");
  f("keep", keep).at_least(0).at_most(1).help("share that stays, 1 - prune_fraction; 0 = as prune_fraction says");
  f("score", score)
      .one_of({"random", "magnitude", "er", "erk", "snip", "grasp"})
      .help("by which the largest stay; er and erk are random with that scope");
  f("group", group).one_of({"element", "row", "column"}).help("what stays or goes together");
  f("scope", scope).one_of({"global", "layer", "er", "erk"}).help("where the share is counted: budget.h");
  f("rounds", rounds).at_least(1).help("scoring is repeated so often, each time on what is left");
  f("round_schedule", round_schedule).one_of({"exponential", "linear"}).help("how much is left after each round");
  f("regrow", regrow).help("what an earlier round took may come back, as in SparseAdapter's code");
  f("examples", examples).at_least(1).help("training examples that snip and grasp look at");
}

Mask::Mask(MaskOptions options) : Modifier(options.name), options_(std::move(options)) {
  if (options_.keep > 0) options_.prune_fraction = 1 - options_.keep;
  options_.keep = 0;
  if (options_.score == "er" || options_.score == "erk") {
    options_.scope = options_.score;
    options_.score = "random";
  }
}

Value Mask::options() const { return write_options(options_); }

int64_t Mask::wants_examples() const {
  return options_.prune_fraction > 0 && score_of(options_.score)->needs_data() ? options_.examples : 0;
}

void Mask::attach(Model& model, uint64_t seed) {
  seed_ = seed;
  Problems problems;
  for (Parameter* p : model.parameters(options_.on)) {
    if (options_.group != "element" && p->shape().size() != 2) {
      problems.add(p->path(), fmt::format("has {} extents and so no {}s", p->shape().size(), options_.group));
    }
    entries_.push_back({p, Tensor(), Tensor()});
  }
  problems.raise(ErrorKind::usage,
                 fmt::format("the pattern '{}' of '{}' names parameters that are no matrices", options_.on, name()));
  if (options_.prune_fraction == 0) return entries_.clear();  // there is nothing to mask
  for (size_t i = 0; i < entries_.size(); ++i) {
    hold(entries_[i].parameter->edit(EditOrder::mask, name(), [i, this](const Tensor& value, Pass&) {
      const Tensor& mask = entries_[i].mask;
      return enabled() && !merged_ && mask.defined() ? value * mask : value;
    }));
  }
  if (wants_examples() == 0) choose(nullptr);
}

void Mask::prepare(Model&, const Sample& sample) {
  if (wants_examples() > 0) choose(&sample);
}

double Mask::pruned_after(int64_t round) const {
  const double share = double(round) / double(options_.rounds);
  if (options_.round_schedule == "linear") return options_.prune_fraction * share;
  return round == options_.rounds ? options_.prune_fraction : 1 - std::pow(1 - options_.prune_fraction, share);
}

void Mask::choose(const Sample* sample) {
  at::AutoGradMode gradients(sample != nullptr);
  const std::unique_ptr<Score> score = score_of(options_.score);
  const Grouping grouping = grouping_from(options_.group);
  const std::vector<Parameter*> pool = this->pool();
  std::vector<std::vector<int64_t>> shapes;
  for (const Parameter* p : pool) shapes.push_back(p->shape());
  for (int64_t round = 1; round <= options_.rounds; ++round) {
    const std::vector<Tensor> worth = score->of(pool, seed_, sample);
    check_finite(pool, worth);
    std::vector<Tensor> units;
    for (size_t i = 0; i < pool.size(); ++i) {
      const Tensor& before = entries_[i].mask;
      const double gone = -std::numeric_limits<double>::infinity();
      units.push_back(unit_scores(
          before.defined() && !options_.regrow ? worth[i].masked_fill(before.logical_not(), gone) : worth[i], grouping));
    }
    const std::vector<Tensor> kept = keep_best(units, shapes, {pruned_after(round), scope_from(options_.scope)});
    for (size_t i = 0; i < pool.size(); ++i) entries_[i].mask = spread_units(kept[i], shapes[i], grouping);
  }
}

std::map<std::string, Tensor> Mask::kept() const {
  std::map<std::string, Tensor> kept;
  for (const Entry& entry : entries_) {
    if (entry.mask.defined()) kept[join(entry.parameter->path() + ".kept")] = pack_bits(entry.mask);
  }
  return kept;
}

void Mask::restore_kept(const std::map<std::string, Tensor>& tensors) {
  for (Entry& entry : entries_) {
    const std::string path = join(entry.parameter->path() + ".kept");
    const auto found = tensors.find(path);
    if (found == tensors.end()) throw data_error("the mask is missing").at(path);
    entry.mask = unpack_bits(found->second, entry.parameter->shape(), path);
  }
}

void Mask::detach(Model& model) {
  if (merged_) unmerge(model);
  Modifier::detach(model);
}

bool Mask::merge(Model&) {
  if (merged_) return true;
  Problems problems;
  for (const Entry& entry : entries_) {
    for (const std::string& label : entry.parameter->edit_labels()) {
      if (label != name()) problems.add(entry.parameter->path(), fmt::format("is edited by '{}' too", label));
    }
  }
  problems.raise(ErrorKind::unsupported, fmt::format("'{}' cannot be merged: the result would not equal the forward", name()));
  at::NoGradGuard no_gradient;
  for (Entry& entry : entries_) {
    if (!entry.mask.defined()) continue;
    entry.original = entry.parameter->leaf();
    entry.mapped = entry.parameter->mapped;
    entry.parameter->set(entry.original * entry.mask);
  }
  return merged_ = true;
}

void Mask::unmerge(Model&) {
  for (Entry& entry : entries_) {
    if (!entry.original.defined()) continue;
    entry.parameter->set(entry.original);
    entry.parameter->mapped = entry.mapped;
    entry.original.reset();
  }
  merged_ = false;
}

std::vector<Parameter*> Mask::pool() const {
  std::vector<Parameter*> pool;
  for (const Entry& entry : entries_) pool.push_back(entry.parameter);
  return pool;
}

Tensor Mask::mask_of(const Parameter& parameter) const {
  for (const Entry& entry : entries_) {
    if (entry.parameter == &parameter) return entry.mask;
  }
  return Tensor();
}

int64_t Mask::size() const {
  int64_t size = 0;
  for (const Entry& entry : entries_) size += entry.parameter->size();
  return size;
}

int64_t Mask::pruned() const {
  int64_t pruned = 0;
  for (const Entry& entry : entries_) {
    if (entry.mask.defined()) pruned += entry.mask.numel() - entry.mask.sum().item<int64_t>();
  }
  return pruned;
}

}  // namespace espalier
