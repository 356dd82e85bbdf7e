// From a picture to what a model reads, as a Hugging Face folder's preprocessor_config.json says: resize, centre crop, rescale,
// normalise. Equal to the processors of `transformers` (PIL backend) bit for bit: ViT, DeiT, CLIP.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "espalier/io/image_resize.h"

namespace espalier {

/// What `size` says; the members that are 0 were not given. Either height and width, or shortest_edge (with or without
/// longest_edge), or max_height and max_width.
struct ImageSize {
  int64_t height = 0, width = 0, shortest_edge = 0, longest_edge = 0, max_height = 0, max_width = 0;
  bool operator==(const ImageSize&) const = default;
};

struct ImageProcessor {
  std::string kind;  ///< "ViTImageProcessor", "DeiTImageProcessor", "CLIPImageProcessor"
  bool do_resize = true, do_center_crop = false, do_rescale = true, do_normalize = true;
  ImageSize size;
  int64_t crop_height = 0, crop_width = 0;
  Resample resample = Resample::bilinear;
  double rescale_factor = 1.0 / 255;
  std::vector<double> image_mean, image_std;  ///< one a channel: 3, or 1 for models of grey pictures

  int64_t channels() const { return int64_t(image_mean.size()); }
  /// Height and width of every result; 0 where they depend on the picture.
  int64_t height() const;
  int64_t width() const;
  /// Height and width that do_resize gives a picture.
  std::pair<int64_t, int64_t> resized_size(int64_t height, int64_t width) const;
  /// Resized and cropped.
  Image fitted(const Image& image) const;
  /// Rescaled and normalised, [channels, height, width]; grey and colours become what the model wants.
  std::vector<float> pixels(const Image& image) const;
  /// Both.
  std::vector<float> operator()(const Image& image) const { return pixels(fitted(image)); }
};

/// A data Error lists all that is wrong: wrong types, sizes of no known form, fields that are unknown and say something. What is
/// absent has the default of the processor's kind, as in `transformers`. `fallback` is the kind where the file names none.
ImageProcessor image_processor_of(const nlohmann::json& config, const std::string& place, const std::string& fallback = "");
/// `path` is the file, or the folder that holds preprocessor_config.json or processor_config.json.
ImageProcessor read_image_processor(const fs::path& path, const std::string& fallback = "");

}  // namespace espalier
