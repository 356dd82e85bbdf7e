// The command line as a whole: verbs, their flags, and what is said when it cannot be read.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace espalier {

/// What the chosen verb does once the whole line has been read; gives the exit code.
using Work = std::function<int()>;

/// Reads the line and does the work. --help and --version are printed and give 0.
int run_program(int count, const char* const* arguments);

/// The program as it was typed, for command lines that are printed for copying.
const std::string& program_name();
/// The whole line as it was typed.
const std::vector<std::string>& typed_line();
/// `text` as a shell reads it back.
std::string shell_word(const std::string& text);

}  // namespace espalier
