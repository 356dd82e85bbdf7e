// preprocessor_config.json, new and old forms, with the defaults of each kind in `transformers`.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/image_processor.h"
#include "espalier/io/json.h"

namespace espalier {
namespace {

using nlohmann::json;

constexpr int64_t kLargestSide = 16384;

struct Kind {
  std::string name;
  ImageProcessor defaults;
  bool square;  // what a size of one number means: a square, or the shortest edge
};

std::vector<Kind> kinds() {
  const std::vector<double> half(3, 0.5);
  ImageProcessor vit{"", true, false, true, true, {224, 224}, 0, 0, Resample::bilinear, 1.0 / 255, half, half};
  ImageProcessor deit{"", true, true, true, true, {256, 256}, 224, 224, Resample::bicubic, 1.0 / 255, half, half};
  ImageProcessor clip = deit;
  clip.size = ImageSize{.shortest_edge = 224};
  clip.image_mean = {0.48145466, 0.4578275, 0.40821073};
  clip.image_std = {0.26862954, 0.26130258, 0.27577711};
  return {{"ViT", vit, true}, {"DeiT", deit, true}, {"CLIP", clip, false}};
}

// "ViTImageProcessorFast" and "ViTFeatureExtractor" are "ViT".
std::string family_of(std::string name) {
  for (const char* ending : {"Fast", "Pil", "ImageProcessor", "FeatureExtractor"}) {
    if (name.ends_with(ending)) name.resize(name.size() - std::string_view(ending).size());
  }
  return name;
}

class ProcessorConfig {
 public:
  ProcessorConfig(const json& config, std::string place) : config_(config), place_(std::move(place)) {}

  /// The member, if it is there and not null; it counts as known.
  const json* find(const std::string& key) {
    known_.insert(key);
    return json_find(config_, key, place_);
  }
  void wrong(const std::string& key, const json& value, const std::string& expected) {
    problems_.add(place_, fmt::format("\"{}\" is {}; expected {}", key, describe_json(value), expected));
  }
  void read(const std::string& key, bool& out) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (value->is_boolean()) {
      out = value->get<bool>();
    } else {
      wrong(key, *value, "true or false");
    }
  }
  void read_resample(Resample& out) {
    const json* value = find("resample");
    if (value == nullptr) return;
    if (value->is_number_integer() && *value >= 0 && *value <= 5) {
      out = Resample(value->get<int>());
    } else {
      wrong("resample", *value, "0 nearest, 1 lanczos, 2 bilinear, 3 bicubic, 4 box or 5 hamming");
    }
  }
  void read_factor(double& out) {
    const json* value = find("rescale_factor");
    if (value == nullptr) return;
    if (value->is_number() && std::isfinite(value->get<double>())) {
      out = value->get<double>();
    } else {
      wrong("rescale_factor", *value, "a number");
    }
  }
  /// A number counts for every channel.
  void read_channels(const std::string& key, std::vector<double>& out) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (value->is_number()) {
      out.assign(3, value->get<double>());
    } else if (value->is_array() && (value->size() == 1 || value->size() == 3) &&
               std::all_of(value->begin(), value->end(), [](const json& one) { return one.is_number(); })) {
      out = value->get<std::vector<double>>();
    } else {
      wrong(key, *value, "one number, or a list of 1 or 3");
    }
    for (const double number : out) {
      if (!std::isfinite(float(number))) wrong(key, *value, "numbers that fit into fp32");
    }
  }
  void read_size(const std::string& key, ImageSize& out, bool square) {
    const json* value = find(key);
    if (value == nullptr) return;
    ImageSize size;
    if (value->is_number_integer()) {
      (square ? size.height : size.shortest_edge) = side(key, *value);
      if (square) size.width = size.height;
    } else if (value->is_array() && value->size() == 2) {
      size.height = side(key, (*value)[0]);
      size.width = side(key, (*value)[1]);
    } else if (value->is_object()) {
      for (const auto& [name, one] : value->items()) {
        int64_t* member = name == "height"          ? &size.height
                          : name == "width"         ? &size.width
                          : name == "shortest_edge" ? &size.shortest_edge
                          : name == "longest_edge"  ? &size.longest_edge
                          : name == "max_height"    ? &size.max_height
                          : name == "max_width"     ? &size.max_width
                                                    : nullptr;
        if (one.is_null()) continue;
        if (member == nullptr) {
          wrong(key + "." + name, one, "height and width, shortest_edge, or max_height and max_width");
        } else {
          *member = side(key + "." + name, one);
        }
      }
    } else {
      wrong(key, *value, "a number, a list of height and width, or an object");
      return;
    }
    const bool one_form = (size.height != 0) == (size.width != 0) && (size.max_height != 0) == (size.max_width != 0) &&
                          (size.height != 0) + (size.shortest_edge != 0) + (size.max_height != 0) == 1 &&
                          (size.longest_edge == 0 || size.shortest_edge != 0);
    if (!one_form) wrong(key, *value, "height and width, or shortest_edge, or max_height and max_width");
    out = size;
  }
  /// Fields that change nothing here; of the others, those that say something are refused.
  void refuse_others() {
    for (const char* key : {"image_processor_type", "feature_extractor_type", "processor_class", "do_convert_rgb",
                            "return_tensors", "device", "disable_grouping", "image_seq_length", "_valid_processor_keys"}) {
      known_.insert(key);
    }
    for (const char* key : {"data_format", "input_data_format"}) {
      const json* value = find(key);
      if (value != nullptr && *value != "channels_first") wrong(key, *value, "\"channels_first\"");
    }
    const std::vector<std::string> names(known_.begin(), known_.end());
    for (const auto& [key, value] : config_.items()) {
      if (known_.contains(key) || value.is_null() || value == false) continue;
      problems_.add(place_, fmt::format("\"{}\" is {}, which is not known{}", printable(key), describe_json(value),
                                        did_you_mean(key, names)));
    }
  }
  void raise() { problems_.raise(ErrorKind::data, "the picture processor cannot be used"); }

 private:
  int64_t side(const std::string& key, const json& value) {
    if (value.is_number_integer() && value >= 1 && value <= kLargestSide) return value.get<int64_t>();
    wrong(key, value, fmt::format("an integer from 1 to {}", kLargestSide));
    return 1;
  }

  const json& config_;
  std::string place_;
  std::set<std::string> known_;
  Problems problems_;
};

}  // namespace

ImageProcessor image_processor_of(const json& config, const std::string& place, const std::string& fallback) {
  const std::string old_name = json_string(config, "feature_extractor_type", place, fallback);
  const std::string name = json_string(config, "image_processor_type", place, old_name);
  std::vector<std::string> names;
  ImageProcessor out;
  bool square = true;
  for (Kind& kind : kinds()) {
    names.push_back(kind.name + "ImageProcessor");
    if (kind.name != family_of(name)) continue;
    out = std::move(kind.defaults);
    square = kind.square;
    out.kind = names.back();
  }
  if (out.kind.empty()) {
    if (name.empty()) throw data_error("\"image_processor_type\" is missing; expected one of {}", join(names, ", ")).at(place);
    throw unsupported_error("the picture processor \"{}\" is not read; {} are{}", printable(name), join(names, ", "),
                            did_you_mean(name, names))
        .at(place);
  }

  ProcessorConfig fields(config, place);
  fields.read("do_resize", out.do_resize);
  fields.read("do_center_crop", out.do_center_crop);
  fields.read("do_rescale", out.do_rescale);
  fields.read("do_normalize", out.do_normalize);
  fields.read("default_to_square", square);
  fields.read_size("size", out.size, square);
  ImageSize crop{out.crop_height, out.crop_width};
  fields.read_size("crop_size", crop, true);
  out.crop_height = crop.height;
  out.crop_width = crop.width;
  if (out.do_center_crop && crop.height == 0) {
    fields.wrong("crop_size", config.value("crop_size", json()), "height and width, since do_center_crop is true");
  }
  fields.read_resample(out.resample);
  fields.read_factor(out.rescale_factor);
  fields.read_channels("image_mean", out.image_mean);
  fields.read_channels("image_std", out.image_std);
  if (out.image_mean.size() != out.image_std.size()) {
    fields.wrong("image_std", config.value("image_std", json()),
                 fmt::format("as many numbers as image_mean, {}", out.image_mean.size()));
  }
  for (const double deviation : out.image_std) {
    if (float(deviation) == 0) fields.wrong("image_std", config.value("image_std", json()), "no zero");
  }
  fields.refuse_others();
  fields.raise();
  return out;
}

ImageProcessor read_image_processor(const fs::path& path, const std::string& fallback) {
  fs::path file = path;
  if (fs::is_directory(path)) {
    file = path / "preprocessor_config.json";
    if (!fs::exists(file)) file = path / "processor_config.json";
    if (!fs::exists(file)) {
      throw data_error("the folder holds neither preprocessor_config.json nor processor_config.json").at(path.string());
    }
  }
  const json config = read_json(file);
  const json* inside = json_find(config, "image_processor", file.string());
  return image_processor_of(inside != nullptr ? *inside : config, file.string(), fallback);
}

}  // namespace espalier
