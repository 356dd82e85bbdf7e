// espalier generate: texts that a decoder goes on with, or writes from what an encoder read, written as they come.
#include <CLI/CLI.hpp>

#include <iostream>
#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"
#include "espalier/io/json.h"
#include "espalier/models/generate.h"
#include "espalier/models/load.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/recipe/session.h"
#include "espalier/text/tokenizer.h"

namespace espalier {
namespace {

struct GenerateFlags {
  std::string source, adapter;
  std::vector<std::string> prompts, candidates, ids;
  GenerateOptions options;
  bool json = false;
  int64_t threads = 0;
};

/// "1,15,4"
Ids ids_in(const std::string& text) {
  Ids ids;
  for (const std::string& part : split(text, ',')) {
    const auto id = parse_int(trim(part));
    if (!id) throw usage_error("'{}' is no list of ids; expected numbers with commas between them", printable(text)).at("--ids");
    ids.push_back(*id);
  }
  return ids;
}

/// The ids under `key` of a config: one number or a list.
Ids config_ids(const fs::path& file, const char* key) {
  if (!fs::exists(file)) return {};
  const nlohmann::json config = read_json(file);
  const nlohmann::json* found = json_find(config, key, file.string());
  if (found == nullptr) return {};
  if (!found->is_array()) return {json_int(config, key, file.string())};
  Ids ids;
  for (const nlohmann::json& item : *found) {
    if (!item.is_number_integer()) throw data_error("\"{}\" holds {}; expected ids", key, describe_json(item)).at(file.string());
    ids.push_back(item.get<int64_t>());
  }
  return ids;
}

/// The pieces with a role, of those that know it: generation_config.json, config.json, the tokenizer.
Ids role(const fs::path& folder, const char* key, const std::optional<int32_t>& own) {
  for (const char* file : {"generation_config.json", "config.json"}) {
    if (Ids ids = config_ids(folder / file, key); !ids.empty()) return ids;
  }
  return own ? Ids{*own} : Ids{};
}

/// What ids behind a prompt add to its text, piece by piece: a letter that several pieces make is held back until it is whole.
class Stream {
 public:
  Stream(const Tokenizer* tokenizer, const Ids& prompt) : tokenizer_(tokenizer), ids_(prompt.begin(), prompt.end()) {
    if (tokenizer_ != nullptr) written_ = tokenizer_->decode(ids_).size();
  }
  std::string add(int64_t id, bool last = false) {
    ids_.push_back(int32_t(id));
    if (tokenizer_ == nullptr) return "," + std::to_string(id);
    const std::string whole = tokenizer_->decode(ids_);
    const bool open = !last && whole.ends_with("\xEF\xBF\xBD");
    if (open || whole.size() < written_) return "";
    std::string fresh = whole.substr(written_);
    written_ = whole.size();
    return fresh;
  }

 private:
  const Tokenizer* tokenizer_;
  std::vector<int32_t> ids_;
  size_t written_ = 0;
};

struct Prompt {
  std::string text;
  Ids ids;
};

std::vector<Prompt> read_prompts(const GenerateFlags& flags, const Tokenizer* tokenizer, const Ids& begin) {
  std::vector<Prompt> prompts;
  for (const std::string& ids : flags.ids) prompts.push_back({ids, ids_in(ids)});
  std::vector<std::string> texts = flags.prompts;
  if (texts.empty() && flags.ids.empty()) {
    for (std::string line; std::getline(std::cin, line);) texts.push_back(line);
  }
  for (const std::string& text : texts) {
    const Encoding encoded = tokenizer->encode(repair_utf8(text));
    Prompt prompt{text, Ids(encoded.ids.begin(), encoded.ids.end())};
    if (prompt.ids.empty()) prompt.ids = begin;
    if (prompt.ids.empty()) throw usage_error("the prompt is empty, and the model names no piece to begin with");
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

void write(Model& model, const Prompt& prompt, const GenerateFlags& flags, const Tokenizer* tokenizer) {
  const bool decodes = model.facts().decoder.has_value();  // its text stands alone
  const Ids before = decodes ? Ids{} : prompt.ids;
  if (!flags.json && !decodes) print(prompt.text);
  Stream stream(tokenizer, before);
  const bool live = !flags.json && flags.options.beams == 1;
  const Generated text = generate(model, {prompt.ids}, flags.options, [&](int64_t, int64_t id) {
    if (!live) return;
    print(stream.add(id));
    finish_output();
  })[0];
  std::string rest, whole;
  Stream again(tokenizer, before);
  for (size_t i = 0; i < text.ids.size(); ++i) whole += again.add(text.ids[i], i + 1 == text.ids.size());
  if (flags.json) {
    nlohmann::ordered_json line = {{"prompt", prompt.text}, {"text", whole}, {"ids", text.ids}};
    if (flags.options.beams > 1) line["score"] = text.score;
    print(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else {
    print((live ? "" : whole) + "\n");
  }
  finish_output();
}

/// A run, or a model with a PEFT folder or without; no tokenizer where the prompts are ids.
Session open_writer(const GenerateFlags& flags, Log& log) {
  const bool run = fs::exists(fs::path(flags.source) / "plan.toml");
  if (run && !flags.adapter.empty()) throw usage_error("a run has its own adapter").at(flags.source);
  if (run) return open_run(flags.source, {}, log);
  Session session;
  session.base = find_model(flags.source);
  MemoryLog quiet;
  const fs::path config = session.base / "config.json";
  const bool decodes = fs::exists(config) && make_model(read_json(config), config.string())->facts().decoder.has_value();
  const HeadKind head = decodes ? HeadKind::seq2seq : HeadKind::causal_lm;
  session.model = load_model(session.base, {.head = HeadOptions{.kind = head}}, quiet);
  if (!flags.adapter.empty()) load_peft(*session.model, flags.adapter, "", log);
  session.model->each_parameter([&](const Parameter& parameter) {
    if (parameter.is_new)
      throw usage_error("the model's file has no {}, so it writes nothing", parameter.path()).at(flags.source);
  });
  session.model->freeze();
  if (flags.ids.empty()) session.tokenizer = load_tokenizer(session.base);
  return session;
}

int generate_texts(GenerateFlags flags) {
  use_threads(flags.threads);
  Console console;
  const Session session = open_writer(flags, console);
  if (!session.model) throw usage_error("a bag of words writes no texts").at(flags.source);
  const Tokenizer* tokenizer = flags.ids.empty() ? session.tokenizer.get() : nullptr;
  const SpecialIds specials = tokenizer ? tokenizer->specials() : SpecialIds{};
  flags.options.ends = role(session.base, "eos_token_id", specials.eos);
  for (const std::string& candidate : flags.candidates) {
    Ids& ids = flags.options.candidates.emplace_back(tokenizer ? Ids{} : ids_in(candidate));
    if (!tokenizer) continue;
    const Encoding encoded = tokenizer->encode(repair_utf8(candidate));
    for (const int32_t id : encoded.ids) {
      if (!tokenizer->is_special(id)) ids.push_back(id);
    }
  }
  const std::vector<Prompt> prompts = read_prompts(flags, tokenizer, role(session.base, "bos_token_id", specials.bos));
  for (const Prompt& prompt : prompts) write(*session.model, prompt, flags, tokenizer);
  return 0;
}

}  // namespace

void add_generate(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("generate", "go on with texts, piece by piece");
  auto flags = std::make_shared<GenerateFlags>();
  GenerateOptions& o = flags->options;
  verb->add_option("source", flags->source, "a run folder or a decoder (folder, or name in the Hugging Face cache)")
      ->type_name("MODEL")
      ->required();
  verb->add_option("prompt", flags->prompts, "texts to go on with; by default the lines of standard input")->type_name("TEXT");
  verb->add_option("--ids", flags->ids, "a prompt as ids with commas between them; the answer is ids too")->type_name("IDS");
  verb->add_option("--adapter", flags->adapter, "a PEFT folder to be put on the decoder")->type_name("FOLDER");
  verb->add_option("--max-new", o.max_new, "new pieces at most")->capture_default_str();
  verb->add_option("--min-new", o.min_new, "no end before so many new pieces")->capture_default_str();
  verb->add_flag("--sample", o.sample, "draw each piece, else the most probable is taken");
  verb->add_option("--temperature", o.temperature, "scores are divided by it before a draw")->capture_default_str();
  verb->add_option("--top-k", o.top_k, "draw among the k best; 0 = all")->capture_default_str();
  verb->add_option("--top-p", o.top_p, "draw among the fewest with this probability together")->capture_default_str();
  verb->add_option("--seed", o.seed, "of the draws")->capture_default_str();
  verb->add_option("--beams", o.beams, "above 1: beam search")->capture_default_str();
  verb->add_option("--length-penalty", o.length_penalty, "a beam's log-probability is divided by its new pieces to this power")
      ->capture_default_str();
  verb->add_flag("--early-stopping", o.early_stopping, "end as soon as so many beams are finished");
  verb->add_option("--no-repeat", o.no_repeat_ngram, "no run of so many pieces twice; 0 = off")
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--repetition-penalty", o.repetition_penalty, "above 1: pieces that were there become less probable")
      ->capture_default_str();
  verb->add_option("--candidate", flags->candidates, "write one of these and nothing else; may be given several times")
      ->type_name("TEXT");
  verb->add_flag("--json", flags->json, "one JSON object a prompt");
  verb->add_option("--threads", flags->threads, "0 = the usable cores")->capture_default_str();
  verb->callback([flags, &work] { work = [flags] { return generate_texts(*flags); }; });
}

}  // namespace espalier
