// Site: a named place with a map x -> y; a wrap makes it y = g(f, x).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "espalier/base/function_ref.h"
#include "espalier/nn/attachments.h"
#include "espalier/nn/pass.h"

namespace espalier {

class Module;

/// What kind of place a site is; see docs/architecture.md for the paths of each.
enum class Unit : uint8_t { linear, norm, embedding, attention, branch, drop, join, block, stack, delta, model };
const char* unit_name(Unit unit);

/// From the base outwards: a gate scales what stands below it, deltas included.
enum class WrapOrder : uint8_t { quantize, delta, gate, control, tap };

/// The map that stands below a wrap. Valid during the wrap's call only; debug builds report a later use.
class Next {
 public:
  explicit Next(FunctionRef<Tensor(const Tensor&)> call) : call_(call) {}
  Tensor operator()(const Tensor& x) const;
  std::shared_ptr<bool> alive;  ///< debug builds of the library: false once the call has ended

 private:
  FunctionRef<Tensor(const Tensor&)> call_;
};
using Wrap = std::function<Tensor(const Tensor& x, Next next, Pass& pass)>;

class Site {
 public:
  Site(Module& owner, Unit unit);
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  const std::string& path() const;
  Module& owner() const { return *owner_; }
  Unit unit() const { return unit_; }
  Hook wrap(WrapOrder order, std::string label, Wrap wrap);
  bool wrapped() const { return !wraps_.empty(); }
  std::vector<std::string> wrap_labels() const;

  /// y = body(x) through all wraps.
  template <class Body>
  Tensor run(const Tensor& x, Pass& pass, Body&& body) const {
    if (pass.recorder != nullptr) return run_recorded(x, pass, body);
    if (wraps_.empty()) return body(x);
    return run_wrapped(x, pass, wraps_.items().size(), body);
  }

 private:
  Tensor run_recorded(const Tensor& x, Pass& pass, FunctionRef<Tensor(const Tensor&)> body) const;
  Tensor run_wrapped(const Tensor& x, Pass& pass, size_t depth, FunctionRef<Tensor(const Tensor&)> body) const;

  Module* owner_;
  Unit unit_;
  Attachments<Wrap> wraps_;
};

}  // namespace espalier
