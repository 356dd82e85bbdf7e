// Methods that add nothing and choose which of the base's own numbers train: full, BitFit, LayerNorm tuning, linear probe.
#pragma once

#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/models/modifier.h"
#include "espalier/peft/own_leaves.h"

namespace espalier {

struct TrainedBaseOptions {
  std::string name, parameters;
  void fields(Fields& f);
};
struct FullOptions : TrainedBaseOptions {
  FullOptions() : TrainedBaseOptions{"full", "**"} {}
};
/// Ben Zaken et al. 2021: all biases.
struct BitfitOptions : TrainedBaseOptions {
  BitfitOptions() : TrainedBaseOptions{"bitfit", "**.bias"} {}
};
struct LayerNormOptions : TrainedBaseOptions {
  LayerNormOptions() : TrainedBaseOptions{"layer_norm", "**.norm.{weight,bias}"} {}
};
/// Only the head, fitted to convergence on features computed once.
struct LinearProbeOptions {
  std::string name = "linear_probe";
  void fields(Fields& f) { f("name", name).help("its name among the attached methods"); }
};

class TrainedBase : public Modifier {
 public:
  TrainedBase(std::string kind, TrainedBaseOptions options);
  std::string kind() const override { return kind_; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  void detach(Model& model) override;
  void enable(bool on) override;
  std::vector<Parameter*> trained(Model& model) override;
  int64_t expected_size(Model& model) const override;

 private:
  std::vector<Parameter*> chosen(Model& model) const;
  std::string kind_;
  TrainedBaseOptions options_;
  OwnLeaves leaves_;
};

class Full : public TrainedBase {
 public:
  explicit Full(FullOptions options) : TrainedBase("full", std::move(options)) {}
};
class Bitfit : public TrainedBase {
 public:
  explicit Bitfit(BitfitOptions options) : TrainedBase("bitfit", std::move(options)) {}
};
class LayerNormTuning : public TrainedBase {
 public:
  explicit LayerNormTuning(LayerNormOptions options) : TrainedBase("layer_norm", std::move(options)) {}
};
class LinearProbe : public Modifier {
 public:
  explicit LinearProbe(LinearProbeOptions options) : Modifier(options.name) {}
  std::string kind() const override { return "linear_probe"; }
  Value options() const override { return Value::Object{{"name", name()}}; }
  void attach(Model&, uint64_t) override {}
  int64_t expected_size(Model&) const override { return 0; }
};

}  // namespace espalier
