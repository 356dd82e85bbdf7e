// A setting of config.json that no model can be built with.
#pragma once

#include <nlohmann/json.hpp>

#include "espalier/models/catalogue.h"
#include "tests/support/files.h"
#include "tests/support/tiny_families.h"

namespace espalier::support {

/// The tiny config.json of `family` with `key` set to `value` is refused with a data Error that has all of `says`.
inline void expect_refused_setting(const std::string& family, const std::string& key, const nlohmann::json& value,
                                   std::initializer_list<std::string_view> says) {
  SCOPED_TRACE(family + "." + key);
  nlohmann::json config = tiny_family(family);
  config[key] = value;
  expect_error(
      ErrorKind::data, [&] { make_model(config, "config.json"); }, says);
}

}  // namespace espalier::support
