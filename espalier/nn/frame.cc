#include "espalier/nn/frame.h"

#include "espalier/nn/tensor.h"

namespace espalier {

std::vector<Group> Frame::groups() const {
  std::vector<Group> groups;
  for (int64_t i = 0; i < examples(); ++i) {
    if (groups.empty() || groups.back().length != length(i)) groups.push_back({i, 0, length(i), offsets[size_t(i)]});
    ++groups.back().count;
  }
  return groups;
}

Tensor Frame::first_rows() const {
  std::vector<int64_t> rows(offsets.begin(), offsets.end() - 1);
  for (int64_t& row : rows) row += prompts;
  return at::tensor(rows, at::kLong);
}

Tensor Frame::text_rows() const {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < examples(); ++i) {
    for (int64_t row = offsets[size_t(i)] + prompts; row < offsets[size_t(i) + 1]; ++row) rows.push_back(row);
  }
  return at::tensor(rows, at::kLong);
}

Tensor Frame::owners() const {
  Tensor owners = at::empty({rows()}, at::kLong);
  int64_t* out = owners.data_ptr<int64_t>();
  for (int64_t i = 0; i < examples(); ++i) std::fill(out + offsets[size_t(i)], out + offsets[size_t(i) + 1], i);
  return owners;
}

std::shared_ptr<Frame> make_frame(const std::vector<int64_t>& lengths) {
  auto frame = std::make_shared<Frame>();
  std::vector<int64_t> positions;
  for (int64_t length : lengths) {
    frame->offsets.push_back(frame->offsets.back() + length);
    for (int64_t p = 0; p < length; ++p) positions.push_back(p);
  }
  frame->positions = at::tensor(positions, at::kLong);
  return frame;
}

std::shared_ptr<Frame> with_prompts(const Frame& frame, int64_t count) {
  auto longer = std::make_shared<Frame>();
  longer->prompts = frame.prompts + count;
  std::vector<Tensor> positions;
  const Tensor none = at::full({count}, -1, at::kLong);
  for (int64_t i = 0; i < frame.examples(); ++i) {
    longer->offsets.push_back(longer->offsets.back() + count + frame.length(i));
    positions.push_back(none);
    positions.push_back(frame.positions.narrow(0, frame.offsets[size_t(i)], frame.length(i)));
  }
  longer->positions = at::cat(positions, 0);
  return longer;
}

std::shared_ptr<Frame> pooled_frame(int64_t examples) { return make_frame(std::vector<int64_t>(size_t(examples), 1)); }

}  // namespace espalier
