// Flags that several verbs share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/cli/program.h"
#include "espalier/recipe/session.h"

namespace espalier {

/// The rows of a file, where the file differs from the one that was trained on.
struct FileFlags {
  std::string text, label, format = "auto";
  bool no_header = false, quote = false;
  void add(CLI::App& verb, bool with_label);
  std::vector<std::string> text_columns() const;
  std::vector<std::string> label_columns() const;
  std::optional<bool> quotes() const { return quote ? std::optional<bool>(true) : std::nullopt; }
};

/// How a run or a model is opened.
struct OpenFlags {
  std::string model, adapter;
  std::string precision = "fp32";
  int64_t threads = 0;
  void add(CLI::App& verb, bool with_adapter);
  OpenOptions options() const;
};

/// A run folder (it holds plan.toml), or a Hugging Face folder or name; `adapter` may be empty.
Session open_any(const std::string& name, const OpenFlags& flags, OpenOptions options, Log& log);

/// "a,b" as two names; white space around them is dropped.
std::vector<std::string> names_in(const std::string& text);

}  // namespace espalier
