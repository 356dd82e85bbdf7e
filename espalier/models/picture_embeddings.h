// PictureEmbeddings: y = drop([class; distil; W patch] + position), a row for each patch of a picture behind those of the learned
// tokens. Dosovitskiy et al. 2021, eq. 1; the distillation token: Touvron et al. 2021, 4.
#pragma once

#include <memory>

#include "espalier/models/backbone.h"
#include "espalier/nn/drop.h"
#include "espalier/nn/embedding.h"
#include "espalier/nn/linear.h"

namespace espalier {

class PictureEmbeddings : public Module {
 public:
  PictureEmbeddings(Module& parent, const PictureFacts& facts, int64_t width, double drop);
  /// pixels [B, C, H, W] of any size of at least a patch -> [B · rows, D]. Positions of other sizes than the model's own are
  /// interpolated between its rows (bicubic); what is left of a picture behind the last whole patch is not seen.
  Tensor operator()(const Batch& batch, Pass& pass) const;
  /// As many rows for each picture as it has patches, and one for each learned token.
  std::shared_ptr<const Frame> frame_of(const Batch& batch) const;

  Site site{*this, Unit::embedding};
  Linear patch;  ///< [D, C · height · width]: the convolution whose stride is its kernel
  Embedding class_token;
  std::unique_ptr<Embedding> distil;  ///< null where there is none
  Embedding position;
  Drop drop;

 private:
  struct Grid {
    int64_t down = 0, across = 0;  ///< whole patches
    int64_t patches() const { return down * across; }
  };
  Grid own_grid() const;
  Grid grid_of(const Tensor& pixels) const;
  int64_t tokens() const { return facts_.distilled ? 2 : 1; }
  Tensor patches(const Tensor& pixels, const Grid& grid) const;
  Tensor positions(int64_t count, const Grid& grid, Pass& pass) const;

  PictureFacts facts_;
};

}  // namespace espalier
