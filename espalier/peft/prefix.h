// Prefix tuning: attention over [P_k; K] and [P_v; V], l trained rows in front of each example's keys and values. Li and Liang
// 2021, 4. With a bottleneck the rows come from a small network, P = W₂ tanh(W₁ E + b₁) + b₂, which fold() replaces by its
// output.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/models/modifier.h"
#include "espalier/nn/attention.h"
#include "espalier/nn/linear.h"

namespace espalier {

struct PrefixOptions {
  std::string name = "prefix";
  std::string sites = "*.*.{attention,cross}";
  int64_t length = 30;
  int64_t bottleneck = 512;
  double deviation = 1;
  void fields(Fields& f);
};

/// What all places share while the rows come from a network: E and the first map.
class PrefixSource : public Module {
 public:
  PrefixSource(Module& parent, int64_t length, int64_t width, int64_t bottleneck);
  Tensor operator()(Pass& pass) const;  ///< tanh(W₁ E + b₁), [l, m]
  Parameter rows;                       // E [l, D]
  Linear down;
};

/// The rows of one attention.
class PrefixPlace : public Module {
 public:
  PrefixPlace(Module& parent, Attention& attention, int64_t length, int64_t width, int64_t bottleneck);
  void lengthen(Heads& heads, const PrefixSource* source, Pass& pass) const;
  void start(double deviation, uint64_t seed, at::ScalarType type);
  void fold(const PrefixSource& source);

  Attention& attention;

 private:
  /// [2, l, D]: keys and values from the network.
  Tensor made(const PrefixSource& source, Pass& pass) const;
  int64_t length_, width_;
  std::unique_ptr<Parameter> key_, value_;  // [l, D], without a network
  std::unique_ptr<Linear> up_;              // [2 D, m]
};

class Prefix : public Modifier {
 public:
  explicit Prefix(PrefixOptions options);
  std::string kind() const override { return "prefix"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  bool starts_as_base() const override { return false; }
  PerExample per_example() const override { return options_.bottleneck > 0 ? PerExample::loop : PerExample::ghost; }
  /// 2 l D each; with a network l D + m (D + 1) and 2 D (m + 1) each.
  int64_t expected_size(Model& model) const override;
  /// Puts the network's output in its place: the same forward, kind and options those of a prefix without one.
  void fold();

 private:
  std::vector<Attention*> chosen(Model& model) const;
  PrefixOptions options_;
  std::unique_ptr<PrefixSource> source_;
  std::vector<std::unique_ptr<PrefixPlace>> places_;
};

}  // namespace espalier
