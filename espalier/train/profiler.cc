#include "espalier/train/profiler.h"

#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/nn/attention.h"
#include "espalier/nn/memory.h"
#include "espalier/nn/parameter.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

// The callbacks of RecordFunction are plain functions, so the profiler that they tell is found here.
thread_local Profiler* observed = nullptr;

int64_t bytes_of(const Tensor& tensor) { return tensor.numel() * int64_t(tensor.element_size()); }

int64_t bytes_of(const Parameter* parameter, const Pass& pass) {
  if (parameter == nullptr) return 0;
  const bool frozen = !parameter->trained() && !parameter->edited();
  const bool halved = frozen && pass.precision == Precision::bf16 && parameter->leaf().scalar_type() == at::kFloat;
  return parameter->size() * (halved ? 2 : int64_t(parameter->leaf().element_size()));
}

/// The unit of the site that such a primitive runs in, unless a fused kernel runs it elsewhere.
Unit home_of(PrimitiveKind kind) {
  switch (kind) {
    case PrimitiveKind::linear:
      return Unit::linear;
    case PrimitiveKind::norm:
      return Unit::norm;
    case PrimitiveKind::lookup:
      return Unit::embedding;
    default:
      return Unit::delta;
  }
}

}  // namespace

/// libtorch tells of backward nodes as long as it lives.
struct Profiler::Watch {
  explicit Watch(Profiler& profiler) {
    observed = &profiler;
    handle = at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end).scopes({at::RecordScope::BACKWARD_FUNCTION}));
  }
  ~Watch() {
    at::removeCallback(handle);
    observed = nullptr;
  }
  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& node) {
    if (observed != nullptr) observed->enter_node(node.seqNr());
    return nullptr;
  }
  static void end(const at::RecordFunction&, at::ObserverContext*) {
    if (observed != nullptr) observed->leave_node();
  }
  at::CallbackHandle handle;
};

/// A site or a node that runs, and the tensors that its own code has met. They are held weakly, so that none lives longer.
struct Profiler::Open {
  struct Met {
    c10::weak_intrusive_ptr<at::TensorImpl> tensor;
    int64_t bytes = 0;
    bool counted = false;
  };
  Met* find(const Tensor& tensor) {
    const auto same = [&](const Met& one) { return one.tensor._unsafe_get_target() == tensor.unsafeGetTensorImpl(); };
    const auto found = std::find_if(met.begin(), met.end(), same);
    return found == met.end() ? nullptr : &*found;
  }
  void meet(const Tensor& tensor, bool counted) {
    met.push_back({c10::weak_intrusive_ptr<at::TensorImpl>(tensor.getIntrusivePtr()), bytes_of(tensor), counted});
  }
  size_t row = 0;
  size_t maker = 0;  ///< the row of what made the next tensor: its own, or that of a place whose primitive a fused kernel ran
  Unit unit = Unit::model;
  bool node = false;  ///< of the backward: a site inside it computes again what was not kept
  std::vector<Met> met;
  bool differentiable = false;  ///< of what it made
};

Profiler::Profiler(int64_t steps, int64_t warm_up) : wanted_(steps) {
  if (steps < 1) throw usage_error("{} steps to profile; expected at least 1", steps);
  profile_.warm_up = warm_up;
  data_ = row("", "data wait", Direction::none);
  loss_ = row("", "loss", Direction::forward);
  row("", "loss", Direction::backward);
  autograd_ = row("", "autograd", Direction::none);
  checks_ = row("", "clip and checks", Direction::none);
  optimizer_ = row("", "optimizer", Direction::none);
  rest_ = row("", "rest", Direction::none);
}

Profiler::~Profiler() = default;

size_t Profiler::row(std::string place, std::string kind, Direction direction) {
  const auto same = [&](const ProfileRow& r) { return r.place == place && r.kind == kind && r.direction == direction; };
  const auto found = std::find_if(profile_.rows.begin(), profile_.rows.end(), same);
  if (found != profile_.rows.end()) return size_t(found - profile_.rows.begin());
  profile_.rows.push_back({.place = std::move(place), .kind = std::move(kind), .direction = direction});
  return profile_.rows.size() - 1;
}

size_t Profiler::rows_of(const std::string& path, Unit unit) {
  const auto [found, is_new] = of_path_.try_emplace(path, 0);
  if (is_new) {
    const std::string place = collapsed(path);
    found->second = row(place, work_of(unit), Direction::forward);
    row(place, work_of(unit), Direction::backward);
  }
  return found->second;
}

void Profiler::charge() {
  const Clock::time_point now = Clock::now();
  at(current_).nanoseconds += std::chrono::duration_cast<std::chrono::nanoseconds>(now - last_).count();
  last_ = now;
}

void Profiler::turn_to(size_t row) {
  charge();
  current_ = row;
}

/// Back to what surrounds the site or node that has ended.
void Profiler::resume() { turn_to(!open_.empty() ? open_.back().row : in_backward_ ? autograd_ : forward_done_ ? loss_ : rest_); }

void Profiler::on_stage(Stage stage) {
  if (stage == Stage::data) {
    measuring_ = seen_ >= profile_.warm_up && !done();
    last_ = Clock::now();
    current_ = data_;
    return;
  }
  if (stage == Stage::between) ++seen_;
  if (!measuring_) return;
  switch (stage) {
    case Stage::gradients:
      turn_to(rest_);
      forward_done_ = in_backward_ = false;
      made_from_.clear();
      watch_ = std::make_unique<Watch>(*this);
      break;
    case Stage::checks:
      watch_.reset();
      turn_to(checks_);
      break;
    case Stage::optimizer:
      turn_to(optimizer_);
      break;
    case Stage::callbacks:
      turn_to(rest_);
      break;
    default:
      charge();
      measuring_ = false;
      ++profile_.steps;
      profile_.nanoseconds = 0;
      for (const ProfileRow& r : profile_.rows) profile_.nanoseconds += r.nanoseconds;
  }
}

void Profiler::on_step(const StepInfo& info) {
  if (!measuring_) return;
  profile_.examples += info.examples;
  profile_.tokens += info.tokens;
}

void Profiler::enter(const Site& site, const Tensor& x, Pass&) {
  if (open_.empty() && in_backward_) {  // the next micro-batch
    in_backward_ = false;
    made_from_.clear();
  }
  if (!open_.empty() && !open_.back().node) hand_on(open_.back(), x);
  const size_t own = rows_of(site.path(), site.unit());
  ++at(own).calls;
  Open& open = open_.emplace_back();
  open.row = open.maker = own;
  open.unit = site.unit();
  open.meet(x, false);
  made_from_.emplace_back(at::sequence_number::peek(), own);
  turn_to(own);
}

void Profiler::leave(const Site& site, const Tensor& y, Pass& pass) {
  charge();
  Open& open = open_.back();
  hand_on(open, y);
  if (site.unit() == Unit::attention) {
    // q kᵀ and weights · v, over all heads: T D multiply-adds each for a query that meets T rows.
    const bool all_ask = y.size(0) == pass.frame->rows();  // else one row an example
    const auto* attention = dynamic_cast<const Attention*>(&site.owner());
    const bool across = attention != nullptr && attention->cross() && pass.memory != nullptr;
    const Frame &asking = *pass.frame, &asked = across ? *pass.memory->frame : asking;
    int64_t met = 0;
    for (int64_t i = 0; i < asking.examples(); ++i) met += (all_ask ? asking.length(i) : 1) * asked.length(i);
    const int64_t operations = 4 * met * y.size(-1);
    at(open.row).operations += operations;
    if (open.differentiable) at(open.row + 1).operations += 2 * operations;
  }
  open_.pop_back();
  forward_done_ = open_.empty();
  if (!open_.empty() && !open_.back().node) open_.back().meet(y, false);
  resume();
  made_from_.emplace_back(at::sequence_number::peek(), current_);
}

void Profiler::forward(const Primitive& primitive, Pass& pass) {
  if (open_.empty() || open_.back().node) return charge();
  Open& open = open_.back();
  const Unit home = home_of(primitive.kind);
  if (open.unit == home || home == Unit::delta) {
    charge();
  } else {  // a fused kernel: its time, its nodes and what it makes belong to the place of the parameter
    const std::string& path = primitive.weight->path();
    open.maker = rows_of(path.substr(0, path.rfind('.')), home);
    ++at(open.maker).calls;
    current_ = open.maker;
    turn_to(open.row);
    made_from_.back().second = open.maker;
    made_from_.emplace_back(at::sequence_number::peek(), open.row);
  }
  count(primitive, pass, open);
}

void Profiler::count(const Primitive& primitive, const Pass& pass, Open& open) {
  ProfileRow &ahead = at(open.maker), &back = at(open.maker + 1);
  const Tensor& input = primitive.input;
  int64_t parameters = bytes_of(primitive.weight, pass) + bytes_of(primitive.bias, pass);
  if (primitive.kind == PrimitiveKind::lookup) parameters = parameters / primitive.weight->shape()[0] * input.numel();
  ahead.bytes += parameters;
  ahead.operations += 2 * primitive.multiply_adds;
  if (primitive.kind != PrimitiveKind::linear) return;
  ahead.bytes += bytes_of(input);
  if (Open::Met* met = open.find(input)) met->counted = true;
  for (const bool runs : {input.requires_grad(), primitive.weight->trained()}) {  // dL/dx = dL/dy W; dL/dW = dL/dyᵀ x
    if (!runs || !at::GradMode::is_enabled()) continue;
    back.operations += 2 * primitive.multiply_adds;
    back.bytes += parameters + bytes_of(input);
  }
}

/// The own code of `open` gives `tensor` to a site inside it, or as its result. What it has met before costs nothing.
void Profiler::hand_on(Open& open, const Tensor& tensor) {
  if (Open::Met* met = open.find(tensor)) {
    met->counted = true;
    return;
  }
  int64_t bytes = bytes_of(tensor);
  for (Open::Met& met : open.met) {
    if (!met.counted) bytes += met.bytes;
    met.counted = true;
  }
  at(open.maker).bytes += bytes;
  if (tensor.requires_grad()) {
    at(open.maker + 1).bytes += bytes;
    open.differentiable = true;
  }
  open.maker = open.row;
  open.meet(tensor, true);
}

void Profiler::enter_node(int64_t sequence) {
  in_backward_ = true;
  const auto after = std::upper_bound(made_from_.begin(), made_from_.end(), sequence,
                                      [](int64_t s, const auto& mark) { return s < int64_t(mark.first); });
  // Nodes that gather the gradients of leaves have no number.
  size_t own = sequence < 0 || after == made_from_.begin() ? autograd_ : std::prev(after)->second;
  if (at(own).direction == Direction::forward) ++own;
  ++at(own).calls;
  open_.emplace_back().row = own;
  open_.back().node = true;
  turn_to(own);
}

void Profiler::leave_node() {
  open_.pop_back();
  resume();
}

}  // namespace espalier
