// The families of backbones, an explicit list.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "espalier/models/backbone.h"

namespace espalier {

struct Family {
  std::string name;  ///< config.json's "model_type"
  std::string help;
  std::vector<std::string> architectures;  ///< transformers' class names by HeadUse; "" = none
  std::function<std::unique_ptr<Backbone>(Module& model, const nlohmann::json& config, const std::string& place)> make;
  std::string encoder_only = {};  ///< transformers' class of an encoder–decoder's encoder alone; "" = none
};

const std::vector<Family>& families();
/// Throws an unsupported Error naming the nearest and listing what is supported.
const Family& find_family(const std::string& model_type, const std::string& place);

}  // namespace espalier
