#include "espalier/cli/program.h"

#include <fmt/format.h>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"

namespace espalier {
namespace {

std::string typed_name = "espalier";
std::vector<std::string> typed_words;

const CLI::App& deepest(const CLI::App& app) {
  const CLI::App* at = &app;
  for (auto chosen = at->get_subcommands(); !chosen.empty(); chosen = at->get_subcommands()) at = chosen.back();
  return *at;
}

/// "espalier show model"
std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) verbs.push_back(verb->get_name());
  return verbs;
}

Error unknown_argument(const CLI::App& app) {
  const CLI::App& verb = deepest(app);
  const std::string name = full_name(verb);
  const std::vector<std::string> verbs = verbs_of(verb);
  const std::vector<std::string> left = verb.remaining();
  std::string first = left.empty() ? "" : left.front();
  if (first.starts_with("-") && first.size() > 1) {
    first = first.substr(0, first.find('='));
    return usage_error("{} has no flag {}{}", name, printable(first), did_you_mean(first, flags_of(verb)))
        .hint(fmt::format("`{} --help` lists its flags", name));
  }
  if (!verbs.empty()) {
    return usage_error("'{}' is unknown{}", printable(first), did_you_mean(first, verbs))
        .hint(fmt::format("known: {}", join(verbs, ", ")));
  }
  return usage_error("{} cannot use '{}'", name, printable(first, 80)).hint(fmt::format("`{} --help` says what it takes", name));
}

}  // namespace

const std::string& program_name() { return typed_name; }

const std::vector<std::string>& typed_line() { return typed_words; }

std::string shell_word(const std::string& text) {
  const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=:,./@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  return "'" + replace_all(text, "'", "'\\''") + "'";
}

int run_program(int count, const char* const* arguments) {
  typed_words.assign(arguments, arguments + count);
  if (count > 0) typed_name = shell_word(typed_words[0]);
  Work work;
  CLI::App app("Adapts, evaluates and runs pretrained transformers.", "espalier");
  app.set_version_flag("--version", std::string("espalier " ESPALIER_VERSION), "print the version");
  app.set_help_flag("--help,-h", "print this help");
  app.get_formatter()->column_width(30);
  app.get_formatter()->label("SUBCOMMAND", "VERB");
  app.get_formatter()->label("OPTIONS", "FLAGS");
  for (auto* add : {add_train, add_evaluate, add_predict, add_embed, add_generate, add_merge, add_convert, add_compare,
                    add_report, add_sweep, add_show, add_list, add_doctor, add_completion}) {
    add(app, work);
  }
  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return finish_output();
  } catch (const CLI::CallForVersion& version) {
    print(std::string(version.what()) + "\n");
    return finish_output();
  } catch (const CLI::ExtrasError&) {
    throw unknown_argument(app);
  } catch (const CLI::ParseError& error) {
    throw usage_error("{}", error.what()).hint(fmt::format("`{} --help` says what it takes", full_name(deepest(app))));
  }
  if (!work) {
    fmt::print(stderr, "{}", app.help());
    return 2;
  }
  const int code = work();
  finish_output();
  return code;
}

}  // namespace espalier
