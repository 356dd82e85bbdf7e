#include "espalier/peft/lora.h"

#include <cmath>
#include <set>

#include "espalier/base/pattern.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// The place that a shared A is shared under: the path without its last part.
std::string parent_of(const std::string& path) { return path.substr(0, std::min(path.rfind('.'), path.size())); }

}  // namespace

void LoraOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("sites", sites).help("pattern of the linear sites that receive an update");
  f("rank", rank).at_least(1).help("r, the rank of the update");
  f("alpha", alpha).above(0).help("the update is scaled by alpha / r");
  f("dropout", dropout).between(0, 1).help("dropout on the update's input");
  f("rslora", rslora).help("scale by alpha / sqrt(r) instead");
  f("rank_pattern", rank_pattern).at_least(1).help("pattern of sites -> their own rank");
  f("alpha_pattern", alpha_pattern).above(0).help("pattern of sites -> their own alpha");
  f("bias", bias)
      .one_of({"none", "all", "lora_only"})
      .help("which of the base's biases train too: none, all, or those of the sites");
  f("also", also).help("pattern of parameters of the base that train whole; PEFT's modules_to_save");
  f("share", share).help("pattern of sites that have one A in common where they stand under one parent, as in a fused layer");
  f("dora", dora).help("DoRA: each row of W + s B A gets a trained length");
  f("dora_full_gradient", dora_full_gradient).help("DoRA's norm has its gradient too, which its authors leave out");
}

LoraPair::LoraPair(Module& parent, Linear& linear, int64_t r, double a, double s, double dropout, Linear* shared)
    : Module(parent, linear.path()),
      base(linear),
      rank(r),
      alpha(a),
      scale(s),
      drop(*this, "drop", dropout),
      own_down_(shared == nullptr ? std::make_unique<Linear>(*this, "down", linear.in(), r, false) : nullptr),
      down(shared == nullptr ? *own_down_ : *shared),
      up(*this, "up", r, linear.out(), false) {}

Tensor LoraPair::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& input) { return up(down(drop(input, pass), pass) * scale, pass); });
}

Tensor LoraPair::update(Pass& pass) const {
  return at::mm(up.weight()(pass).to(at::kDouble), down.weight()(pass).to(at::kDouble)) * scale;
}

void LoraPair::add_magnitude(bool full_gradient) {
  full_gradient_ = full_gradient;
  const Tensor lengths = at::linalg_vector_norm(base.weight().leaf().detach(), 2, {1});
  magnitude = std::make_unique<Parameter>(*this, "magnitude", std::vector<int64_t>{base.out()});
  magnitude->set(lengths);
}

Tensor LoraPair::stretch(Pass& pass) const {
  Tensor length;
  {
    const at::AutoGradMode gradient(full_gradient_ && at::GradMode::is_enabled());
    const Tensor sum = base.weight()(pass) + at::mm(up.weight()(pass), down.weight()(pass)) * scale;
    length = at::linalg_vector_norm(sum, 2, {1});
  }
  return (*magnitude)(pass) / length - 1;
}

Tensor LoraPair::stretched(const Tensor& y, Pass& pass) const {
  const Parameter* bias = base.bias();
  const Tensor product = bias != nullptr ? y - (*bias)(pass) : y;
  return y + product * stretch(pass);
}

Lora::Lora(LoraOptions options) : Modifier(options.name), options_(std::move(options)) {}

Value Lora::options() const { return write_options(options_); }

int64_t Lora::rank_of(const std::string& path) const {
  for (const auto& [pattern, rank] : options_.rank_pattern) {
    if (Pattern(pattern).matches(path)) return rank;
  }
  return options_.rank;
}

double Lora::alpha_of(const std::string& path) const {
  for (const auto& [pattern, alpha] : options_.alpha_pattern) {
    if (Pattern(pattern).matches(path)) return alpha;
  }
  return options_.alpha;
}

std::vector<Parameter*> Lora::chosen(Model& model, const std::vector<Linear*>& bases) const {
  std::vector<Parameter*> found;
  std::set<Parameter*> seen;
  const auto add = [&](Parameter* p) {
    if (p != nullptr && seen.insert(p).second) found.push_back(p);
  };
  if (options_.bias == "lora_only") {
    for (Linear* base : bases) add(base->bias());
  }
  std::vector<Parameter*> base;
  std::vector<std::string> paths;
  model.each_parameter([&](Parameter& p) {
    if (options_.bias == "all" && p.path().ends_with(".bias")) add(&p);
  });
  model.backbone().each_parameter([&](Parameter& p) {
    base.push_back(&p);
    paths.push_back(p.path());
  });
  if (options_.also.empty()) return found;
  const std::vector<size_t> whole = Pattern(options_.also).select(paths);
  if (whole.empty()) {
    throw usage_error("the pattern '{}' matches no parameter of the base", options_.also)
        .hint("`espalier show sites --model DIR` lists the places");
  }
  Problems problems;
  for (size_t i : whole) {
    for (const Linear* linear : bases) {
      if (&linear->weight() == base[i]) problems.add(paths[i], "would train whole and receive an update");
    }
    add(base[i]);
  }
  problems.raise(ErrorKind::usage, fmt::format("'{}' and its update overlap", options_.also));
  return found;
}

void Lora::attach(Model& model, uint64_t seed) {
  const std::vector<Linear*> bases = model.linears(options_.sites);
  std::map<std::string, LoraPair*> first;  // of the pairs that share an A, by where they stand
  leaves_.take(chosen(model, bases));
  for (Linear* base : bases) {
    const int64_t rank = rank_of(base->path());
    const double alpha = alpha_of(base->path());
    const double scale = alpha / (options_.rslora ? std::sqrt(double(rank)) : double(rank));
    LoraPair** group =
        !options_.share.empty() && Pattern(options_.share).matches(base->path()) ? &first[parent_of(base->path())] : nullptr;
    Linear* shared = group != nullptr && *group != nullptr ? &(*group)->down : nullptr;
    if (shared != nullptr && (shared->in() != base->in() || (*group)->rank != rank)) {
      throw usage_error("{} and {} cannot share an A: one is [{}, {}], the other [{}, {}]", (*group)->base.path(), base->path(),
                        (*group)->rank, shared->in(), rank, base->in());
    }
    LoraPair& pair = *pairs_.emplace_back(std::make_unique<LoraPair>(*this, *base, rank, alpha, scale, options_.dropout, shared));
    if (group != nullptr && *group == nullptr) *group = &pair;
    if (shared == nullptr) init::kaiming_uniform(pair.down.weight(), seed, model.dtype());
    init::constant(pair.up.weight(), 0, model.dtype());
    if (options_.dora) {
      pair.add_magnitude(options_.dora_full_gradient);
      hold(base->site.wrap(WrapOrder::gate, name(), [&pair, this](const Tensor& x, Next next, Pass& pass) {
        const Tensor y = next(x);
        return enabled() && !merged() ? pair.stretched(y, pass) : y;
      }));
    }
    hold(base->site.wrap(WrapOrder::delta, name(), [&pair, this](const Tensor& x, Next next, Pass& pass) {
      if (!enabled() || merged()) return next(x);
      return next(x) + pair(x, pass);
    }));
  }
}

void Lora::detach(Model& model) {
  if (merged()) unmerge(model);
  leaves_.give_back();
  Modifier::detach(model);
}

void Lora::enable(bool on) {
  if (on != enabled()) leaves_.swap();
  Modifier::enable(on);
}

std::vector<Parameter*> Lora::trained(Model&) {
  std::vector<Parameter*> trained = parameters();
  for (Parameter* p : leaves_.parameters()) trained.push_back(p);
  return trained;
}

void Lora::check_mergeable(const Model& model) const {
  Problems problems;
  for (const auto& pair : pairs_) {
    if (pair->base.tied()) problems.add(pair->base.path(), "its weight belongs to another place too");
    if (options_.dora) add_foreign_wraps(problems, model, pair->base.site, name());
    for (const std::string& label : pair->base.weight().edit_labels()) {
      problems.add(pair->base.path(), fmt::format("its weight is edited by '{}'", label));
    }
    const auto check = [&](Site& s) {
      for (const std::string& label : s.wrap_labels()) problems.add(s.path(), fmt::format("is wrapped by '{}'", label));
    };
    pair->each_site(check);
    if (pair->shares()) pair->down.each_site(check);
  }
  problems.raise(ErrorKind::unsupported, fmt::format("'{}' cannot be merged: the result would not equal the forward", name()));
}

bool Lora::merge(Model& model) {
  if (merged()) return true;
  if (!enabled()) {
    throw usage_error("'{}' is switched off: merging it would change the answers", name()).hint("switch it on, or remove it");
  }
  check_mergeable(model);
  at::NoGradGuard no_gradient;
  Pass pass;
  for (const auto& pair : pairs_) {
    Tensor sum = pair->base.weight().leaf().to(at::kDouble) + pair->update(pass);
    if (options_.dora) {
      const Tensor length = at::linalg_vector_norm(sum, 2, {1});
      sum = sum * ((*pair->magnitude)(pass).to(at::kDouble) / length).unsqueeze(1);
    }
    merged_.put(pair->base.weight(), sum);
  }
  return true;
}

void Lora::unmerge(Model&) { merged_.back(name()); }

int64_t Lora::expected_size(Model& model) const {
  int64_t size = 0;
  const std::vector<Linear*> bases = model.linears(options_.sites);
  std::set<std::string> shared;
  for (const Linear* base : bases) {
    const bool again = !options_.share.empty() && Pattern(options_.share).matches(base->path()) &&
                       !shared.insert(parent_of(base->path())).second;
    size += rank_of(base->path()) * ((again ? 0 : base->in()) + base->out());
    if (options_.dora) size += base->out();
  }
  // A loaded model may lack parts that nothing uses (a pooler); one made from its configuration alone has no leaf at all yet.
  const bool loaded = !model.base_parameters().empty();
  for (const Parameter* p : chosen(model, bases)) size += loaded && !p->defined() ? 0 : p->size();
  return size;
}

}  // namespace espalier
