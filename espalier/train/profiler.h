// Profiler: measures N steps of a running training. Time stamps where sites begin and end give the forward; a backward node's
// time goes to the site during whose forward it was made, which its sequence number tells. Results are those of a run without it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "espalier/nn/recorder.h"
#include "espalier/train/callback.h"
#include "espalier/train/profile.h"

namespace espalier {

/// On a CPU, where a backward runs on the thread of its forward. Not to be moved to another thread during a step.
class Profiler final : public Callback, public Recorder {
 public:
  /// The first `warm_up` steps are passed over: packing of weights, compiling of kernels, filling of caches.
  explicit Profiler(int64_t steps, int64_t warm_up = 5);
  ~Profiler() override;
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  bool done() const { return profile_.steps == wanted_; }
  /// Of the steps so far.
  const Profile& profile() const { return profile_; }

  void on_stage(Stage stage) override;
  void on_step(const StepInfo& info) override;
  Recorder* recorder() override { return measuring_ ? this : nullptr; }

  bool wants_values() const override { return false; }
  void enter(const Site& site, const Tensor& x, Pass& pass) override;
  void leave(const Site& site, const Tensor& y, Pass& pass) override;
  void forward(const Primitive& primitive, Pass& pass) override;

  /// A node of the backward begins and ends; for the observer of libtorch.
  void enter_node(int64_t sequence);
  void leave_node();

 private:
  using Clock = std::chrono::steady_clock;
  struct Watch;
  struct Open;

  size_t row(std::string place, std::string kind, Direction direction);
  size_t rows_of(const std::string& path, Unit unit);
  void charge();
  void turn_to(size_t row);
  void resume();
  void count(const Primitive& primitive, const Pass& pass, Open& open);
  void hand_on(Open& open, const Tensor& tensor);
  ProfileRow& at(size_t row) { return profile_.rows[row]; }

  int64_t wanted_, seen_ = 0;
  bool measuring_ = false, forward_done_ = false, in_backward_ = false;
  Profile profile_;
  Clock::time_point last_;
  size_t current_ = 0;
  size_t data_, loss_, autograd_, checks_, optimizer_, rest_;
  std::unordered_map<std::string, size_t> of_path_;     // the row of the forward; the backward's follows it
  std::vector<Open> open_;                              // sites and nodes that run, the innermost last
  std::vector<std::pair<uint64_t, size_t>> made_from_;  // first sequence number -> row of the code that made the nodes from there
  std::unique_ptr<Watch> watch_;
};

}  // namespace espalier
