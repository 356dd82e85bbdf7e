// espalier predict: rows of a file or of standard input through a run or a model, to standard output.
#include <CLI/CLI.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "espalier/base/text.h"
#include "espalier/cli/answers.h"
#include "espalier/cli/common_flags.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"

namespace espalier {
namespace {

struct PredictFlags {
  std::string run, file_name;  // with --model the first may be the file
  OpenFlags open;
  FileFlags file;
  std::string keep;
  bool json = false, probabilities = false;
};

/// A terminal or a pipe, whose writer may wait for each answer.
bool is_stream(const std::string& path) {
  struct stat status {};
  return path == "-" && !(::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode));
}

AnswerFormat format_for(const PredictFlags& flags, const std::string& path) {
  if (flags.json) return AnswerFormat::json;
  const std::string format = flags.file.format == "auto" ? fs::path(path).extension().string() : "." + flags.file.format;
  return lower_ascii(format) == ".csv" ? AnswerFormat::csv : AnswerFormat::tsv;
}

int predict(const PredictFlags& flags) {
  use_threads(flags.open.threads);
  const bool named = !flags.run.empty() && (flags.open.model.empty() || fs::is_directory(flags.run));
  const std::string source = named ? flags.run : flags.open.model;
  if (source.empty()) {
    throw usage_error("no run and no model is named").hint("predict RUN FILE, or predict --model MODEL [--adapter FOLDER] FILE");
  }
  if (!named && !flags.file_name.empty()) throw usage_error("predict reads one file; '{}' is one too many", flags.file_name);
  const std::string& typed = named ? flags.file_name : flags.run;
  const std::string path = typed.empty() ? "-" : typed;
  if (path != "-" && !fs::exists(path)) throw data_error("there is no such file").at(path);
  if (path == "-" && ::isatty(STDIN_FILENO) == 1) fmt::print(stderr, "reading lines from the terminal; Ctrl-D ends\n");

  Console console;
  Session session = open_any(source, flags.open, flags.open.options(), console);
  PredictOptions options;
  options.keep = names_in(flags.keep);
  options.text = flags.file.text_columns();
  options.format = flags.file.format;
  options.header = !flags.file.no_header;
  options.quote = flags.file.quotes();
  const bool flush = is_stream(path);
  if (flush) options.chunk = 1;
  const auto writer = make_answer_writer(session.task, {format_for(flags, path), options.keep, flags.probabilities});

  const auto began = std::chrono::steady_clock::now();
  bool begun = false;
  const auto begin = [&] {
    if (!begun) print(writer->header());
    begun = true;
  };
  const ReadCounts counts = predict_rows(session, path, options, [&](const Answer& answer) {
    begin();
    print(writer->lines(answer));
    if (flush) finish_output();
  });
  begin();
  finish_output();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  counts.report(path == "-" ? "standard input" : path, console);
  console.note(fmt::format("{} row{} in {}", with_commas(counts.rows), counts.rows == 1 ? "" : "s", human_seconds(seconds)));
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("predict", "answer rows of a file or of standard input, in their order");
  auto flags = std::make_shared<PredictFlags>();
  verb->add_option("run", flags->run, "a run folder or a model; not needed where --model names one")->type_name("RUN");
  verb->add_option("file", flags->file_name, "rows to be answered; by default standard input")->type_name("FILE");
  flags->open.add(*verb, true);
  verb->add_flag("--json", flags->json, "one JSON object a row");
  verb->add_flag("--probabilities", flags->probabilities, "of every class");
  verb->add_option("--keep", flags->keep, "columns of the file to be handed on, with commas between them")->type_name("COLUMN");
  flags->file.add(*verb, false);
  verb->callback([flags, &work] { work = [flags] { return predict(*flags); }; });
}

}  // namespace espalier
