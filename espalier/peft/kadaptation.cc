#include "espalier/peft/kadaptation.h"

#include <cmath>
#include <set>

#include "espalier/base/error.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

constexpr double kSlowBound = 0.01;

std::string kind_of(const Linear& base) { return base.path().substr(base.path().rfind('.') + 1); }
std::string branch_of(const Linear& base) { return base.path().substr(0, base.path().rfind('.')); }

int64_t slow_size(int64_t n, int64_t rank) { return rank > 0 ? 2 * n * n * rank : n * n * n; }

}  // namespace

void KadaptationOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("sites", sites).help("pattern of the linear sites that receive an update");
  f("divisions", divisions).at_least(1).help("n, the number of Kronecker products and the size of each A; it divides in and out");
  f("rank", rank).at_least(1).help("r, the rank of each B");
  f("slow_rank", slow_rank).at_least(0).help("the rank of each A; 0 = whole");
  f("scale", scale).above(0).help("kappa, the update's factor");
  f("bias", bias).one_of({"none", "branch", "site"}).help("a trained shift: none, one for each branch, or one for each site");
  f("init", init)
      .one_of({"fast", "zero_both"})
      .help("fast draws u; zero_both begins at the saddle of the authors' code, where only the shift learns");
}

SlowFactors::SlowFactors(Module& owner, const std::string& kind, int64_t n, int64_t rank) {
  const std::string place = "slow." + kind;
  if (rank == 0) {
    whole = std::make_unique<Parameter>(owner, place + ".whole", std::vector<int64_t>{n, n, n});
    return;
  }
  left = std::make_unique<Parameter>(owner, place + ".left", std::vector<int64_t>{n, n, rank});
  right = std::make_unique<Parameter>(owner, place + ".right", std::vector<int64_t>{n, rank, n});
}

KroneckerUpdate::KroneckerUpdate(Module& parent, Linear& linear, const KadaptationOptions& options, const SlowFactors& slow,
                                 const Parameter* shift)
    : LinearUpdate(parent, linear),
      n_(options.divisions),
      in_(linear.in()),
      out_(linear.out()),
      left(*this, "left", {n_, in_ / n_, options.rank}),
      right(*this, "right", {n_, options.rank, out_ / n_}),
      scale_(options.scale),
      slow_(slow),
      shift_(shift) {}

Tensor KroneckerUpdate::down(Pass& pass) const {
  return at::einsum("ias,ipk->apisk", {(*slow_.left)(pass), left(pass)}).reshape({in_, -1});
}

Tensor KroneckerUpdate::up(Pass& pass) const {
  return at::einsum("isc,ikq->iskcq", {(*slow_.right)(pass), right(pass)}).reshape({-1, out_});
}

Tensor KroneckerUpdate::whole(Pass& pass) const {
  if (slow_.whole == nullptr) return at::matmul(down(pass), up(pass));
  return at::einsum("iac,ipq->apcq", {(*slow_.whole)(pass), at::bmm(left(pass), right(pass))}).reshape({in_, out_});
}

Tensor KroneckerUpdate::matrix(Pass& pass) const { return whole(pass).t().to(at::kDouble) * scale_; }

Tensor KroneckerUpdate::update(const Tensor& x, Pass& pass) const {
  if (slow_.whole != nullptr) return at::matmul(x, whole(pass)) * scale_;
  return at::matmul(at::matmul(x, down(pass)), up(pass)) * scale_;
}

Kadaptation::Kadaptation(KadaptationOptions options) : LinearUpdates(options.name), options_(std::move(options)) {
  if (options_.divisions == 1 && options_.rank == 1 && options_.slow_rank <= 1) {
    throw usage_error("'{}': divisions = 1 with rank = 1 is one outer product", name()).hint("use kind = \"lora\", rank = 1");
  }
}

Value Kadaptation::options() const { return write_options(options_); }

std::string Kadaptation::shift_place(const Linear& base) const {
  if (options_.bias == "none") return "";
  return options_.bias == "branch" ? branch_of(base) : base.path();
}

std::vector<Linear*> Kadaptation::bases(Model& model) const {
  const int64_t n = options_.divisions;
  const std::vector<Linear*> bases = model.linears(options_.sites);
  std::map<std::string, const Linear*> first;  // of those that share a shift
  Problems problems;
  for (const Linear* base : bases) {
    if (base->in() % n != 0 || base->out() % n != 0) {
      problems.add(base->path(), fmt::format("is [{}, {}], which {} does not divide", base->out(), base->in(), n),
                   "set `divisions`");
    }
    const std::string place = shift_place(*base);
    if (place.empty()) continue;
    const Linear* other = first.try_emplace(place, base).first->second;
    if (other->out() != base->out()) {
      problems.add(
          base->path(),
          fmt::format("gives {} numbers and {} gives {}: they cannot share a shift", base->out(), other->path(), other->out()),
          "use bias = \"site\"");
    }
  }
  problems.raise(ErrorKind::usage, fmt::format("'{}' does not fit its layers", name()));
  return bases;
}

void Kadaptation::attach(Model& model, uint64_t seed) {
  const at::ScalarType type = model.dtype();
  for (Linear* base : bases(model)) {
    std::unique_ptr<SlowFactors>& slow = slow_[kind_of(*base)];
    if (slow == nullptr) {
      slow = std::make_unique<SlowFactors>(*this, kind_of(*base), options_.divisions, options_.slow_rank);
      for (Parameter* p : {slow->left.get(), slow->right.get(), slow->whole.get()}) {
        if (p != nullptr) init::uniform(*p, kSlowBound, seed, type);
      }
    }
    Parameter* shift = nullptr;
    if (const std::string place = shift_place(*base); !place.empty()) {
      std::unique_ptr<Parameter>& own = shifts_[place];
      if (own == nullptr) {
        own = std::make_unique<Parameter>(*this, place + ".shift", std::vector<int64_t>{base->out()});
        init::constant(*own, 0, type);
      }
      shift = own.get();
    }
    KroneckerUpdate& place = add(std::make_unique<KroneckerUpdate>(*this, *base, options_, *slow, shift));
    places_.push_back(&place);
    init::constant(place.right, 0, type);
    if (options_.init == "zero_both") {
      init::constant(place.left, 0, type);
    } else {  // Glorot-uniform with gain √2, each i apart
      const auto sides = double(place.left.shape()[1] + place.left.shape()[2]);
      init::uniform(place.left, std::sqrt(2.0) * std::sqrt(6 / sides), seed, type);
    }
  }
}

int64_t Kadaptation::expected_size(Model& model) const {
  int64_t size = 0;
  std::set<std::string> kinds, shifts;
  for (const Linear* base : bases(model)) {
    size += options_.rank * (base->in() + base->out());
    if (kinds.insert(kind_of(*base)).second) size += slow_size(options_.divisions, options_.slow_rank);
    const std::string place = shift_place(*base);
    if (!place.empty() && shifts.insert(place).second) size += base->out();
  }
  return size;
}

}  // namespace espalier
