// espalier embed: one vector of unit length for each text, as a NumPy file.
#include <CLI/CLI.hpp>

#include <chrono>

#include "espalier/base/text.h"
#include "espalier/cli/common_flags.h"
#include "espalier/cli/npy.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"

namespace espalier {
namespace {

struct EmbedFlags {
  std::string source, input = "-", out, pooling = "auto";
  int64_t max_length = 0;
  OpenFlags open;
  FileFlags file;
};

int embed(const EmbedFlags& flags) {
  use_threads(flags.open.threads);
  if (flags.input != "-" && !fs::exists(flags.input)) throw data_error("there is no such file").at(flags.input);
  Console console;
  OpenOptions open = flags.open.options();
  open.embed = true;
  open.pooling = flags.pooling;
  open.max_length = flags.max_length;
  Session session = open_any(flags.source, flags.open, open, console);
  PredictOptions options;
  options.text = flags.file.text_columns();
  options.format = flags.file.format;
  options.header = !flags.file.no_header;
  options.quote = flags.file.quotes();

  const auto began = std::chrono::steady_clock::now();
  NpyWriter file(flags.out, session.model->width());
  const ReadCounts counts = embed_texts(session, flags.input, options, [&](std::span<const float> row) { file.write(row); });
  file.finish();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  counts.report(flags.input == "-" ? "standard input" : flags.input, console);
  print(fmt::format("{}: float32 [{}, {}], NumPy .npy, rows of unit length in input order; {} in {}\n", flags.out, file.rows(),
                    session.model->width(), human_bytes(int64_t(fs::file_size(flags.out))), human_seconds(seconds)));
  return 0;
}

}  // namespace

void add_embed(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("embed", "a vector for each text, as a NumPy file");
  auto flags = std::make_shared<EmbedFlags>();
  verb->add_option("source", flags->source, "a model (folder, or name in the Hugging Face cache) or a run folder")
      ->type_name("MODEL")
      ->required();
  verb->add_option("input", flags->input, "file of texts: .txt with one a line, or a table; by default standard input")
      ->type_name("FILE");
  verb->add_option("--out", flags->out, "the .npy file")->type_name("FILE")->required();
  verb->add_option("--pooling", flags->pooling, "auto, pooler, first, mean, max or last")->type_name("NAME");
  verb->add_option("--max-length", flags->max_length, "longest text; by default 512 or what the model allows")
      ->type_name("TOKENS");
  flags->open.add(*verb, true);
  flags->file.add(*verb, false);
  verb->callback([flags, &work] { work = [flags] { return embed(*flags); }; });
}

}  // namespace espalier
