#include "espalier/models/picture_embeddings.h"

#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

std::shared_ptr<const Frame> equal_frame(int64_t examples, int64_t rows) {
  return make_frame(std::vector<int64_t>(size_t(examples), rows));
}

}  // namespace

PictureEmbeddings::PictureEmbeddings(Module& parent, const PictureFacts& facts, int64_t width, double dropped)
    : Module(parent, "embed"),
      patch(*this, "patch", facts.channels * facts.patch_height * facts.patch_width, width),
      class_token(*this, "class", 1, width),
      distil(facts.distilled ? std::make_unique<Embedding>(*this, "distil", 1, width) : nullptr),
      position(*this, "position",
               (facts.height / facts.patch_height) * (facts.width / facts.patch_width) + (facts.distilled ? 2 : 1), width),
      drop(*this, "drop", dropped),
      facts_(facts) {}

PictureEmbeddings::Grid PictureEmbeddings::own_grid() const {
  return {facts_.height / facts_.patch_height, facts_.width / facts_.patch_width};
}

PictureEmbeddings::Grid PictureEmbeddings::grid_of(const Tensor& pixels) const {
  if (!pixels.defined()) throw bug_error("a model of pictures needs a batch of pictures");
  if (pixels.dim() != 4 || pixels.size(1) != facts_.channels || pixels.size(2) < facts_.patch_height ||
      pixels.size(3) < facts_.patch_width) {
    throw data_error("pictures of shape {}; expected [pictures, {}, height, width] of at least {} x {}",
                     fmt::join(pixels.sizes(), " x "), facts_.channels, facts_.patch_height, facts_.patch_width);
  }
  return {pixels.size(2) / facts_.patch_height, pixels.size(3) / facts_.patch_width};
}

std::shared_ptr<const Frame> PictureEmbeddings::frame_of(const Batch& batch) const {
  return equal_frame(batch.pixels.size(0), tokens() + grid_of(batch.pixels).patches());
}

Tensor PictureEmbeddings::patches(const Tensor& pixels, const Grid& grid) const {
  const int64_t height = facts_.patch_height, width = facts_.patch_width, count = pixels.size(0);
  return pixels.narrow(2, 0, grid.down * height)
      .narrow(3, 0, grid.across * width)
      .reshape({count, facts_.channels, grid.down, height, grid.across, width})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({count * grid.patches(), facts_.channels * height * width})
      .to(patch.weight().leaf().scalar_type());
}

Tensor PictureEmbeddings::positions(int64_t count, const Grid& grid, Pass& pass) const {
  const Grid own = own_grid();
  if (grid.down == own.down && grid.across == own.across) return position(pass.frame->positions, pass);
  return position.site.run(pass.frame->positions, pass, [&](const Tensor&) {
    const int64_t rows = position.weight.shape()[0], width = position.weight.shape()[1];
    Tensor table;  // [B or 1, rows, D]: a recorder is told of each picture's own
    if (pass.recorder != nullptr) {
      const FrameScope scope(pass, equal_frame(count, rows));
      table = op::spread(position.weight, pass).view({count, rows, width});
    } else {
      table = position.weight(pass).unsqueeze(0);
    }
    const int64_t each = table.size(0);
    const Tensor plane =
        table.narrow(1, tokens(), own.patches()).reshape({each, own.down, own.across, width}).permute({0, 3, 1, 2});
    const Tensor other = at::upsample_bicubic2d(plane, {grid.down, grid.across}, false).permute({0, 2, 3, 1});
    const Tensor joined = at::cat({table.narrow(1, 0, tokens()), other.reshape({each, grid.patches(), width})}, 1);
    return joined.expand({count, -1, -1}).reshape({-1, width});
  });
}

Tensor PictureEmbeddings::operator()(const Batch& batch, Pass& pass) const {
  return site.run(batch.pixels, pass, [&](const Tensor& pixels) {
    const Grid grid = grid_of(pixels);
    const int64_t count = pixels.size(0);
    std::vector<Tensor> rows;  // [B, rows, D] each
    {
      const FrameScope scope(pass, pooled_frame(count));
      const Tensor only = at::zeros({count}, at::kLong);
      rows.push_back(class_token(only, pass).unsqueeze(1));
      if (distil) rows.push_back((*distil)(only, pass).unsqueeze(1));
    }
    {
      const FrameScope scope(pass, equal_frame(count, grid.patches()));
      const Tensor y = patch(patches(pixels, grid), pass);
      rows.push_back(y.view({count, grid.patches(), y.size(1)}));
    }
    return drop(at::cat(rows, 1).flatten(0, 1) + positions(count, grid, pass), pass);
  });
}

}  // namespace espalier
