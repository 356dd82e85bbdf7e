// Parameter: a leaf tensor, and what is done to it before use: W -> Q((W + Δ) ⊙ M).
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "espalier/base/function_ref.h"
#include "espalier/nn/attachments.h"
#include "espalier/nn/pass.h"

namespace espalier {

class Module;

/// Whatever the order of attaching: updates first, then masks, then quantisers. What is added to the weight of one linear site is
/// a wrap of that site; `update` is for methods that move any number of the base, norms and tables too.
enum class EditOrder : uint8_t { update, mask, quantize };
using Edit = std::function<Tensor(const Tensor& value, Pass&)>;

/// Faster forms of a frozen leaf that kernels read; caches, never the truth.
enum class Form : uint8_t { packed_forward, packed_backward, bf16_forward, bf16_backward, count };

class Parameter {
 public:
  /// Declares the shape; the leaf stays undefined until set() or initialised.
  Parameter(Module& owner, std::string_view name, std::vector<int64_t> shape);
  ~Parameter();
  Parameter(const Parameter&) = delete;
  Parameter& operator=(const Parameter&) = delete;

  const std::string& path() const { return path_; }  ///< "encoder.3.attention.query.weight"
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t size() const;
  /// What optimisers update and files hold. Frozen leaves may be read-only memory maps: never write into one.
  const Tensor& leaf() const { return leaf_; }
  Tensor& leaf() { return leaf_; }
  /// Puts another leaf in place; a bug Error when its shape differs.
  void set(Tensor leaf);
  bool defined() const { return leaf_.defined(); }
  bool trained() const { return leaf_.defined() && leaf_.requires_grad(); }
  /// Turning training on copies a leaf that lives in a file's map, since the map is read-only.
  void train(bool on);

  /// What the forward uses: the leaf through its edits.
  Tensor operator()(Pass& pass) const;
  Hook edit(EditOrder order, std::string label, Edit edit);
  bool edited() const { return !edits_.empty(); }
  std::vector<std::string> edit_labels() const;

  /// The cached form, made on first use; dropped when the leaf changes. Only for leaves that are neither trained nor edited.
  const Tensor& derived(Form form, FunctionRef<Tensor(const Tensor& leaf)> make) const;

  bool is_new = false;  ///< not read from the model's files (a fresh head): initialised, trained and saved
  bool mapped = false;  ///< the leaf is a view of a read-only file map

 private:
  Module* owner_;
  std::string path_;
  std::vector<int64_t> shape_;
  Tensor leaf_;
  Attachments<Edit> edits_;
  mutable std::array<Tensor, size_t(Form::count)> derived_;
  mutable uint64_t derived_version_ = 0;
};

}  // namespace espalier
