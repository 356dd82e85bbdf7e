// espalier completion: scripts for bash, zsh and fish, made from the verbs and flags themselves.
#include <CLI/CLI.hpp>

#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"

namespace espalier {
namespace {

struct Word {
  std::string name, help;
  bool takes_value = false;
};

std::vector<Word> verbs_in(const CLI::App& app) {
  std::vector<Word> words;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) words.push_back({verb->get_name(), verb->get_description()});
  return words;
}

std::vector<Word> flags_in(const CLI::App& app) {
  std::vector<Word> words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      words.push_back({"--" + name, option->get_description(), option->get_items_expected_max() > 0});
  }
  return words;
}

std::string names(const std::vector<Word>& words) {
  std::vector<std::string> all;
  for (const Word& word : words) all.push_back(word.name);
  return join(all, " ");
}

/// Inside single quotes of any of the three shells.
std::string quoted(const std::string& text, const char* quote) { return "'" + replace_all(text, "'", quote) + "'"; }

std::string bash(const CLI::App& app) {
  std::string out =
      "# bash completion of espalier; use it with: source <(espalier completion bash)\n"
      "_espalier() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} words=\"\"\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
  out += fmt::format("    words=\"{} --help --version\"\n  elif [[ $cur == -* ]]; then\n    case ${{COMP_WORDS[1]}} in\n",
                     names(verbs_in(app)));
  for (const CLI::App* verb : app.get_subcommands(nullptr))
    out += fmt::format("      {}) words=\"{}\" ;;\n", verb->get_name(), names(flags_in(*verb)));
  out += "    esac\n  elif [ \"$COMP_CWORD\" -eq 2 ]; then\n    case ${COMP_WORDS[1]} in\n";
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    const std::vector<Word> nested = verbs_in(*verb);
    if (!nested.empty()) out += fmt::format("      {}) words=\"{}\" ;;\n", verb->get_name(), names(nested));
  }
  out +=
      "    esac\n  fi\n  [ -n \"$words\" ] && COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F "
      "_espalier espalier\n";
  return out;
}

std::string zsh(const CLI::App& app) {
  const auto list = [](const char* variable, const std::vector<Word>& words) {
    std::string out = fmt::format("{}=(", variable);
    for (const Word& word : words) out += quoted(word.name + ":" + replace_all(word.help, ":", ","), "'\\''") + " ";
    return out + ")";
  };
  std::string out =
      "#compdef espalier\n"
      "# zsh completion of espalier; write it to a folder of $fpath as _espalier\n"
      "_espalier() {\n"
      "  local -a words_here\n"
      "  if (( CURRENT == 2 )); then\n    ";
  out += list("words_here", verbs_in(app)) + "\n    _describe verb words_here\n    return\n  fi\n  case ${words[2]} in\n";
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    out += fmt::format("    {})\n      if [[ ${{words[CURRENT]}} == -* ]]; then\n        {}\n        _describe flag words_here\n",
                       verb->get_name(), list("words_here", flags_in(*verb)));
    const std::vector<Word> nested = verbs_in(*verb);
    if (!nested.empty())
      out += fmt::format("      elif (( CURRENT == 3 )); then\n        {}\n        _describe what words_here\n",
                         list("words_here", nested));
    out += "      else\n        _files\n      fi\n      ;;\n";
  }
  return out + "  esac\n}\ncompdef _espalier espalier\n";
}

std::string fish(const CLI::App& app) {
  std::string out = "# fish completion of espalier; use it with: espalier completion fish | source\n";
  for (const Word& verb : verbs_in(app))
    out += fmt::format("complete -c espalier -n __fish_use_subcommand -f -a {} -d {}\n", verb.name, quoted(verb.help, "\\'"));
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    const std::string when = fmt::format("-n '__fish_seen_subcommand_from {}'", verb->get_name());
    for (const Word& nested : verbs_in(*verb))
      out += fmt::format("complete -c espalier {} -f -a {} -d {}\n", when, nested.name, quoted(nested.help, "\\'"));
    for (const Word& flag : flags_in(*verb))
      out += fmt::format("complete -c espalier {} -l {}{} -d {}\n", when, flag.name.substr(2), flag.takes_value ? " -r" : "",
                         quoted(flag.help, "\\'"));
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("completion", "a script that lets a shell complete verbs and flags");
  verb->require_subcommand(1);
  const std::initializer_list<std::pair<const char*, std::string (*)(const CLI::App&)>> shells{
      {"bash", bash}, {"zsh", zsh}, {"fish", fish}};
  for (const auto& [name, script] : shells) {
    verb->add_subcommand(name, fmt::format("for {}", name))->callback([&app, &work, script = script] {
      work = [&app, script] {
        print(script(app));
        return 0;
      };
    });
  }
}

}  // namespace espalier
