#include "espalier/cli/common_flags.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {

std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  for (const std::string& name : split(text, ',')) names.emplace_back(trim(name));
  return names;
}

void FileFlags::add(CLI::App& verb, bool with_label) {
  verb.add_option("--text", text, "column of the text, or two with a comma between them; by default those of the training file")
      ->type_name("COLUMN")
      ->group("File");
  if (with_label)
    verb.add_option("--label", label, "column of the label; by default that of the training file")
        ->type_name("COLUMN")
        ->group("File");
  verb.add_option("--format", format, "tsv, csv, jsonl, conll or lines; by default the suffix says, and standard input is lines")
      ->type_name("FORMAT")
      ->group("File");
  verb.add_flag("--no-header", no_header, "the first row is data; columns are numbered from 0")->group("File");
  verb.add_flag("--quote", quote, "cells may stand in quotes, in TSV too")->group("File");
}

std::vector<std::string> FileFlags::text_columns() const { return names_in(text); }
std::vector<std::string> FileFlags::label_columns() const { return names_in(label); }

void OpenFlags::add(CLI::App& verb, bool with_adapter) {
  verb.add_option("--model", model,
                  "the base model: a folder, or a name in the Hugging Face cache; for a run only if it has moved")
      ->type_name("MODEL");
  if (with_adapter) verb.add_option("--adapter", adapter, "a PEFT folder to be put on --model")->type_name("FOLDER");
  verb.add_option("--precision", precision, "fp32 (default), bf16 or auto")->type_name("NAME");
  verb.add_option("--threads", threads, "by default the physical cores that may be used")->type_name("N");
}

OpenOptions OpenFlags::options() const {
  OpenOptions out;
  out.model = model;
  out.precision = precision;
  return out;
}

Session open_any(const std::string& name, const OpenFlags& flags, OpenOptions options, Log& log) {
  if (fs::exists(fs::path(name) / "plan.toml")) {
    if (!flags.adapter.empty()) throw usage_error("--adapter goes with --model; {} is a run and has its own", name);
    return open_run(name, options, log);
  }
  if (fs::exists(fs::path(name) / "adapter_config.json") && flags.adapter.empty()) {
    throw usage_error("{} is an adapter without its base", name).hint(fmt::format("give --model MODEL --adapter {}", name));
  }
  return open_model(name, flags.adapter, options, log);
}

}  // namespace espalier
