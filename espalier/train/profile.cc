#include "espalier/train/profile.h"

#include <algorithm>

#include "espalier/base/text.h"

namespace espalier {
namespace {

template <class Same>
std::vector<ProfileRow> merged(const std::vector<ProfileRow>& rows, Same&& same) {
  std::vector<ProfileRow> sums;
  for (const ProfileRow& row : rows) {
    const auto found = std::find_if(sums.begin(), sums.end(), [&](const ProfileRow& sum) { return same(sum, row); });
    if (found == sums.end()) {
      sums.push_back(row);
    } else {
      *found += row;
    }
  }
  return sums;
}

}  // namespace

const char* direction_name(Direction direction) {
  static constexpr const char* kNames[] = {"", "forward", "backward"};
  return kNames[size_t(direction)];
}

ProfileRow& ProfileRow::operator+=(const ProfileRow& other) {
  nanoseconds += other.nanoseconds;
  calls += other.calls;
  operations += other.operations;
  bytes += other.bytes;
  return *this;
}

std::vector<ProfileRow> Profile::kinds() const {
  std::vector<ProfileRow> sums =
      merged(rows, [](const ProfileRow& a, const ProfileRow& b) { return a.kind == b.kind && a.direction == b.direction; });
  for (ProfileRow& row : sums) row.place.clear();
  return sums;
}

std::vector<ProfileRow> Profile::places() const {
  std::vector<ProfileRow> sums =
      merged(rows, [](const ProfileRow& a, const ProfileRow& b) { return a.place == b.place && a.kind == b.kind; });
  for (ProfileRow& row : sums) row.direction = Direction::none;
  std::stable_sort(sums.begin(), sums.end(),
                   [](const ProfileRow& a, const ProfileRow& b) { return a.nanoseconds > b.nanoseconds; });
  return sums;
}

const char* work_of(Unit unit) {
  switch (unit) {
    case Unit::linear:
      return "linear";
    case Unit::norm:
      return "layer_norm";
    case Unit::embedding:
      return "embedding";
    case Unit::attention:
      return "attention";
    case Unit::branch:
      return "activation";
    case Unit::drop:
      return "dropout";
    case Unit::join:
      return "residual";
    case Unit::delta:
      return "scaling";
    case Unit::block:
    case Unit::stack:
    case Unit::model:
      return "other";
  }
  return "other";
}

std::string collapsed(std::string_view path) {
  if (path.empty()) return "model";
  std::vector<std::string> parts = split(path, '.');
  for (std::string& part : parts) {
    if (parse_int(part)) part = std::string(1, '*');
  }
  return join(parts, ".");
}

}  // namespace espalier
