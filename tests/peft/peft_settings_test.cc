// What adapter_config.json names: as peft's own functions decide it (tools/oracle/make_peft.py), and within bounds of time.
#include "espalier/peft/formats/peft_settings.h"

#include <chrono>

#include <nlohmann/json.hpp>

#include "espalier/io/json.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;

nlohmann::ordered_json lora(const nlohmann::ordered_json& more = nlohmann::ordered_json::object()) {
  nlohmann::ordered_json config = {{"peft_type", "LORA"}, {"r", 8}, {"lora_alpha", 64}};
  for (const auto& [key, value] : more.items()) config[key] = value;
  return config;
}

TEST(PeftSettings, DecideAsPeftDoes) {
  const auto oracle = read_ordered_json(fs::path(ESPALIER_TESTS_DIR) / "oracle" / "peft" / "settings.json");
  int targeted = 0;
  for (const auto& one : oracle.at("cases")) {
    SCOPED_TRACE(one.at("settings").dump());
    const PeftSettings settings(lora(one.at("settings")), "adapter_config.json");
    for (size_t i = 0; i < oracle.at("modules").size(); ++i) {
      const std::string module = oracle.at("modules")[i];
      const auto& wanted = one.at("decisions")[i];
      EXPECT_EQ(int(settings.targeted(module, true, false)), wanted[0].get<int>()) << module;
      EXPECT_EQ(settings.rank_of(module), wanted[1].get<int64_t>()) << module;
      EXPECT_EQ(settings.alpha_of(module), wanted[2].get<double>()) << module;
      EXPECT_EQ(int(settings.saved_whole(module + ".weight")), wanted[3].get<int>()) << module;
      targeted += wanted[0].get<int>();
    }
  }
  EXPECT_GT(targeted, 100);
}

TEST(PeftSettings, AllLinearLeavesTheOutputOut) {
  const PeftSettings settings(lora({{"target_modules", "All-Linear"}, {"exclude_modules", {"pooler.dense"}}}), "c");
  EXPECT_TRUE(settings.targeted("bert.encoder.layer.0.output.dense", true, false));
  EXPECT_FALSE(settings.targeted("bert.encoder.layer.0.output.LayerNorm", false, false));
  EXPECT_FALSE(settings.targeted("classifier", true, true));
  EXPECT_FALSE(settings.targeted("bert.pooler.dense", true, false));
}

TEST(PeftSettings, PatternsThatFitNothingAreListed) {
  const PeftSettings settings(lora({{"rank_pattern", {{"query", 2}, {"key", 3}}}, {"alpha_pattern", {{"nothing", 1}}}}), "c");
  EXPECT_EQ(settings.idle_patterns({"layer.0.query"}),
            (std::vector<std::string>{"rank_pattern 'key'", "alpha_pattern 'nothing'"}));
}

TEST(PeftSettings, NotesAreKept) {
  const PeftSettings settings(lora({{"base_model_name_or_path", "here"},
                                    {"revision", "main"},
                                    {"peft_version", "0.21.2"},
                                    {"task_type", "SEQ_CLS"},
                                    {"inference_mode", false}}),
                              "c");
  EXPECT_EQ(settings.notes.base, "here");
  EXPECT_EQ(settings.notes.revision, "main");
  EXPECT_EQ(settings.notes.peft_version, "0.21.2");
  EXPECT_EQ(settings.notes.task_type, std::optional<std::string>("SEQ_CLS"));
  EXPECT_EQ(settings.notes.inference_mode, std::optional<bool>(false));
}

TEST(PeftSettings, BrokenOnesAreDataErrors) {
  const auto refused = [](const nlohmann::ordered_json& more, std::initializer_list<std::string_view> pieces) {
    expect_error(
        ErrorKind::data, [&] { PeftSettings(lora(more), "adapter_config.json"); }, pieces);
  };
  refused({{"target_modules", "("}}, {"adapter_config.json", "regular expression"});
  refused({{"target_modules", std::string(20000, 'a')}}, {"too long"});
  refused({{"modules_to_save", {"["}}}, {"regular expression"});
  refused({{"rank_pattern", {{"query", "two"}}}}, {"rank_pattern", "two", "a number"});
  refused({{"r", 0}}, {"\"r\" is 0"});
  refused({{"lora_alpha", -1}}, {"lora_alpha"});
  refused({{"lora_dropout", 2}}, {"lora_dropout"});
  refused({{"r", "eight"}}, {"\"r\"", "eight"});
  refused({{"target_modules", 3}}, {"target_modules"});
  refused({{"alpha_pattern", {1}}}, {"alpha_pattern"});
  expect_error(ErrorKind::data, [] { PeftSettings(nlohmann::ordered_json::array(), "c"); }, {"expected a table"});
  expect_error(ErrorKind::unsupported, [] { PeftSettings(lora({{"bias", 3}}), "c"); }, {"\"bias\" is 3"});
}

TEST(PeftSettings, AnEndlessExpressionIsStopped) {
  const PeftSettings settings(lora({{"target_modules", "(a+)+$b"}}), "adapter_config.json");
  const auto began = std::chrono::steady_clock::now();
  const std::string module = std::string(2000, 'a') + "c";
  try {
    settings.targeted(module, true, false);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("takes too long"), std::string::npos);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  const PeftSettings exponential(lora({{"target_modules", "(x+x+)+y"}}), "adapter_config.json");
  expect_error(ErrorKind::data, [&] { exponential.targeted(std::string(60, 'x') + "zy", true, false); }, {"takes too long"});
}

}  // namespace
}  // namespace espalier
