// espalier show adapter: the places of a PEFT folder, sizes and singular values, without a model.
#include "espalier/cli/show_adapter.h"

#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/table.h"
#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/peft/formats/peft_file.h"

namespace espalier {
namespace {

constexpr size_t kShownValues = 8;

/// adapter/ of a run, or the folder itself.
fs::path adapter_folder(const std::string& name) {
  fs::path folder = name;
  if (!fs::exists(folder / "adapter_config.json") && fs::exists(folder / "adapter" / "adapter_config.json")) folder /= "adapter";
  if (!fs::exists(folder / "adapter_config.json")) {
    throw usage_error("this is no PEFT folder: adapter_config.json is missing")
        .at(name)
        .hint("a run of lora, ia3 or layer_norm has one, in adapter/");
  }
  return folder;
}

nlohmann::ordered_json as_json(const PeftSummary& summary) {
  nlohmann::ordered_json places = nlohmann::ordered_json::array();
  for (const PeftPlace& place : summary.places) {
    places.push_back({{"module", place.module},
                      {"in", place.in},
                      {"out", place.out},
                      {"rank", place.rank},
                      {"alpha", place.alpha},
                      {"scale", place.scale},
                      {"singular_values", place.singular_values}});
  }
  nlohmann::ordered_json whole = nlohmann::ordered_json::object();
  for (const auto& [name, shape] : summary.whole) whole[name] = shape;
  nlohmann::ordered_json own = nlohmann::ordered_json::object();
  for (const auto& [name, shape] : summary.own) own[name] = shape;
  return {{"base", summary.notes.base},
          {"type", peft_type_name(summary.type)},
          {"task_type", summary.notes.task_type.value_or("")},
          {"rslora", summary.rslora},
          {"dora", summary.dora},
          {"bias", summary.bias},
          {"parameters", summary.parameters},
          {"places", places},
          {"own", own},
          {"whole", whole}};
}

std::string values_text(const std::vector<double>& values) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::min(values.size(), kShownValues); ++i) texts.push_back(fmt::format("{:.3g}", values[i]));
  if (values.size() > kShownValues) texts.push_back(fmt::format("({} more)", values.size() - kShownValues));
  return join(texts, " ");
}

}  // namespace

int show_adapter(const std::string& name, bool json) {
  const fs::path folder = adapter_folder(name);
  const PeftSummary summary = describe_peft(folder);
  if (json) {
    print(as_json(summary).dump() + "\n");
    return 0;
  }
  const auto line = [](const char* key, const std::string& text) { print(fmt::format("{:<12}{}\n", key, text)); };
  line("folder", folder.string());
  line("base", summary.notes.base.empty() ? "not said" : printable(summary.notes.base, 200));
  if (const std::string task = summary.notes.task_type.value_or(""); !task.empty()) line("task", printable(task));
  const bool lora = summary.type == PeftType::lora;
  line("type", summary.dora ? "LORA, DoRA" : peft_type_name(summary.type));
  if (lora) {
    line("scale", summary.rslora ? "alpha / √rank" : "alpha / rank");
    line("biases", summary.bias);
  }
  line("parameters", with_commas(summary.parameters));
  Table table({"place", ">in", ">out", ">rank", ">alpha", ">parameters", "singular values of the update, scaled"});
  for (const PeftPlace& place : summary.places) {
    table.row({printable(place.module, 100), with_commas(place.in), with_commas(place.out), std::to_string(place.rank),
               fmt::format("{:g}", place.alpha), with_commas(place.rank * (place.in + place.out)),
               values_text(place.singular_values)});
  }
  if (lora) print("\n" + table.text());
  for (const auto& [title, tensors] : {std::pair("trained", &summary.own), std::pair("saved whole", &summary.whole)}) {
    if (tensors->empty()) continue;
    Table shapes({title, "shape"});
    for (const auto& [tensor, shape] : *tensors) shapes.row({printable(tensor, 100), shape_text(shape)});
    print("\n" + shapes.text());
  }
  return 0;
}

}  // namespace espalier
