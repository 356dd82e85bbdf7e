// Profile: where training steps went, place by place and kind by kind. Every nanosecond of the profiled steps is in one row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/nn/site.h"

namespace espalier {

enum class Direction : uint8_t { none, forward, backward };
const char* direction_name(Direction direction);  ///< "", "forward", "backward"

/// One kind of work at one place: the time in the place's own code, that of the places inside it left out.
struct ProfileRow {
  std::string place;  ///< "encoder.*.attention.query"; "" for what is no site's
  std::string kind;   ///< "linear", "attention", …, "data wait", "optimizer"
  Direction direction = Direction::none;
  int64_t nanoseconds = 0;
  int64_t calls = 0;       ///< forward: times the place ran; backward: autograd nodes that ran
  int64_t operations = 0;  ///< of products, a multiplication and an addition counted apart; recomputation is not counted
  /// Tensors that the code is handed and uses, those that it makes, and the parameters that it reads, each once in the type it
  /// is read in; backwards the gradients of those tensors, the parameters again, and input and gradient of trained weights.
  int64_t bytes = 0;

  ProfileRow& operator+=(const ProfileRow& other);
};

struct Profile {
  int64_t warm_up = 0, steps = 0;  ///< steps passed over before the first one, and those in the figures
  int64_t examples = 0, tokens = 0;
  int64_t nanoseconds = 0;  ///< wall time of the steps: the sum of all rows
  std::vector<ProfileRow> rows;

  double seconds() const { return 1e-9 * double(nanoseconds); }
  /// Rows of one kind and direction added up, in the order of a step.
  std::vector<ProfileRow> kinds() const;
  /// Rows of one place added up, both directions together, longest first.
  std::vector<ProfileRow> places() const;
};

/// What the own code of such a site does: "linear", "layer_norm", "attention", "activation", "dropout", "embedding", "residual",
/// "scaling", "other".
const char* work_of(Unit unit);
/// "encoder.3.ffn.up" -> "encoder.*.ffn.up"; the model's own path, "", becomes "model".
std::string collapsed(std::string_view path);

}  // namespace espalier
