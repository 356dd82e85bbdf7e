// Prefix tuning: attention over [P_k; K] and [P_v; V], l trained rows in front of each example's keys and values. Li and Liang
// 2021, 4. With a bottleneck the rows come from a small network, P = W₂ tanh(W₁ E + b₁) + b₂, which fold() replaces by its
// output. As AdapterHub's, or as peft's, whose text has its positions behind the prefix.
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
  std::string reading = "adapterhub";
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
  PrefixPlace(Module& parent, Attention& attention, int64_t length, int64_t bottleneck);
  void lengthen(Heads& heads, const PrefixSource* source, Pass& pass) const;
  void start(double deviation, uint64_t seed, at::ScalarType type);
  void fold(const PrefixSource& source);
  /// [2, l, D]: keys and values, from the network where there is one.
  Tensor folded(const PrefixSource* source) const;
  /// The rows themselves, of a place without a network.
  void set(const Tensor& key, const Tensor& value);
  Parameter* key() const { return key_.get(); }  ///< null while a network makes it
  Parameter* value() const { return value_.get(); }

  Attention& attention;

 private:
  /// [2, l, D]: keys and values from the network.
  Tensor made(const PrefixSource& source, Pass& pass) const;
  int64_t length_, width_;                  // l, and D: that of the attention's keys
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
  const std::vector<std::unique_ptr<PrefixPlace>>& places() const { return places_; }
  const PrefixSource* source() const { return source_.get(); }  ///< null without a network
  int64_t length() const { return options_.length; }
  bool as_peft() const { return options_.reading == "peft"; }

 private:
  std::vector<Attention*> chosen(Model& model) const;
  PrefixOptions options_;
  std::unique_ptr<PrefixSource> source_;
  std::vector<std::unique_ptr<PrefixPlace>> places_;
};

}  // namespace espalier
