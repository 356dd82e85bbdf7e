// espalier convert: weights that torch.save wrote, as safetensors. Nothing in the file is executed.
#include "espalier/io/convert_torch.h"

#include <CLI/CLI.hpp>

#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"

namespace espalier {
namespace {

struct ConvertFlags {
  std::string from, out;
  bool ignore_checksums = false;
};

int convert(const ConvertFlags& flags) {
  Console console;
  const Conversion done = convert_torch(flags.from, flags.out, {.check_sums = !flags.ignore_checksums}, console);
  for (const fs::path& file : done.files) print(file.string() + "\n");
  print(fmt::format("{} tensors, {}\n", with_commas(done.tensors), human_bytes(done.bytes)));
  if (!done.copied.empty()) print(fmt::format("copied: {}\n", join(done.copied, ", ")));
  if (fs::exists(fs::path(flags.out) / "config.json")) {
    print(fmt::format("here: {} show model {}\n", program_name(), shell_word(flags.out)));
  }
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("convert", "write the weights of a pytorch_model.bin as safetensors; nothing is executed");
  auto flags = std::make_shared<ConvertFlags>();
  verb->add_option("from", flags->from, "a file of torch.save, or a folder with pytorch_model.bin (single or sharded)")
      ->type_name("FROM")
      ->required();
  verb->add_option("out", flags->out, "a folder, or a file whose name ends in .safetensors")->type_name("OUT")->required();
  verb->add_flag("--ignore-checksums", flags->ignore_checksums, "read entries whose CRC-32 differs from the archive's word");
  verb->callback([flags, &work] { work = [flags] { return convert(*flags); }; });
}

}  // namespace espalier
