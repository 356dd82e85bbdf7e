// Modifier: anything attached to a model: a PEFT method, a mask, a choice of what trains. One lifecycle, one battery.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "espalier/base/value.h"
#include "espalier/models/sample.h"
#include "espalier/nn/module.h"
#include "espalier/nn/parameter.h"
#include "espalier/nn/site.h"

namespace espalier {

class Model;

/// How differential privacy gets per-example gradient norms of a modifier's parameters.
enum class PerExample : uint8_t { ghost, materialise, loop };

class Modifier : public Module {
 public:
  /// Its places are "<name>/<path of the place it stands on>".
  explicit Modifier(std::string name) : Module(name + "/"), name_(std::move(name)) {}
  ~Modifier() override;

  const std::string& name() const { return name_; }
  virtual std::string kind() const = 0;
  /// The options it was made from, defaults filled in; with kind() enough to make it again.
  virtual Value options() const = 0;

  /// Adds its parameters (initial values from `seed` and their paths) and its hooks. Called once, by Model::attach.
  virtual void attach(Model& model, uint64_t seed) = 0;
  /// Drops the hooks and gives back what it took; the base is then bit for bit what it was. Called by Model::detach.
  virtual void detach(Model& model);
  /// Off: the forward is that of the base, parameters are kept.
  virtual void enable(bool on) { enabled_ = on; }
  bool enabled() const { return enabled_; }

  /// Writes the update into the base's leaves and turns the wraps off; false when this kind cannot be merged. Refuses, with
  /// an unsupported Error that names all of them, where a weight has a mask or quantiser or the result would differ.
  virtual bool merge(Model&) { return false; }
  virtual void unmerge(Model&) {}  ///< back to the original storage, bit for bit
  virtual bool merged() const { return false; }

  /// Training examples that it looks at before the first step; 0: none. prepare() is called once, after attach and before
  /// training, and not where trained numbers are read from a file.
  virtual int64_t wants_examples() const { return 0; }
  virtual void prepare(Model&, const Sample&) {}
  /// What a file holds beside the trained numbers: places and masks that were chosen, by names under the modifier's own.
  virtual std::map<std::string, Tensor> kept() const { return {}; }
  virtual void restore_kept(const std::map<std::string, Tensor>&) {}  ///< a data Error where they do not fit

  /// What is added to the mean loss of each training step, differentiable; undefined when there is nothing.
  virtual Tensor penalty() const { return Tensor(); }
  /// What training updates: by default the modifier's own parameters.
  virtual std::vector<Parameter*> trained(Model&) { return parameters(); }
  virtual PerExample per_example() const { return PerExample::ghost; }
  virtual bool commutes() const { return true; }        ///< with another delta
  virtual bool starts_as_base() const { return true; }  ///< the output equals the base's before the first step
  /// The paper's count of trained numbers on this model, from closed formula.
  virtual int64_t expected_size(Model& model) const = 0;

 protected:
  void hold(Hook hook) { hooks_.push_back(std::move(hook)); }

 private:
  std::string name_;
  bool enabled_ = true;
  std::vector<Hook> hooks_;
};

}  // namespace espalier
