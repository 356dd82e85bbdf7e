#include "espalier/models/head.h"

#include <array>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/models/catalogue.h"
#include "espalier/models/heads.h"

namespace espalier {
namespace {
constexpr std::array kNames = {"none",      "classify",  "multi_label", "regress", "tokens",
                               "masked_lm", "causal_lm", "seq2seq",     "embed",   "similarity"};
}

const char* head_name(HeadKind kind) { return kNames[size_t(kind)]; }

HeadKind head_kind(const std::string& name) {
  const std::vector<std::string> known(kNames.begin(), kNames.end());
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i] == name) return HeadKind(i);
  }
  throw usage_error("head '{}' is unknown{}", printable(name), did_you_mean(name, known)).hint("known: " + join(known, ", "));
}

bool is_sequence(HeadKind kind) {
  return kind == HeadKind::classify || kind == HeadKind::multi_label || kind == HeadKind::regress;
}

HeadUse head_use(const HeadOptions& head) {
  const HeadKind kind = head.kind;
  if (head.teacher) return HeadUse::teacher;
  if (is_sequence(kind)) return HeadUse::sequence;
  if (kind == HeadKind::tokens) return HeadUse::tokens;
  if (kind == HeadKind::causal_lm) return HeadUse::causal_lm;
  if (kind == HeadKind::seq2seq) return HeadUse::seq2seq;
  return kind == HeadKind::masked_lm ? HeadUse::masked_lm : HeadUse::any;
}

Head::Head(Model& model, HeadOptions options) : Module(model.heads(), "main"), model_(model), options_(std::move(options)) {
  if (options_.pooling == Pooling::automatic) options_.pooling = model.facts().own_pooling;
  if (options_.drop < 0) {
    const BackboneFacts& facts = model.facts();
    options_.drop = options_.kind == HeadKind::tokens ? facts.token_head_drop.value_or(facts.head_drop) : facts.head_drop;
  }
}

std::unique_ptr<Head> make_head(Model& model, const HeadOptions& options) {
  const bool of_texts = options.kind != HeadKind::none && options.kind != HeadKind::embed && !is_sequence(options.kind);
  if (of_texts && model.facts().vocabulary == 0) {
    throw unsupported_error("a {} reads pictures and has no head '{}'", model.family(), head_name(options.kind))
        .hint("known for pictures: classify, multi_label, regress, embed");
  }
  const bool causal = model.facts().causal, decodes = model.facts().decoder.has_value();
  const HeadKind own = decodes ? HeadKind::seq2seq : causal ? HeadKind::causal_lm : HeadKind::masked_lm;
  const bool writes =
      options.kind == HeadKind::masked_lm || options.kind == HeadKind::causal_lm || options.kind == HeadKind::seq2seq;
  if (writes && options.kind != own) {
    throw unsupported_error("a {} predicts {} and has no head '{}'", model.family(),
                            decodes  ? "a text from another"
                            : causal ? "the next piece"
                                     : "pieces that are masked",
                            head_name(options.kind))
        .hint(fmt::format("its own is '{}'", head_name(own)));
  }
  if (options.kind == HeadKind::tokens &&
      find_family(model.family(), "model").architectures.at(size_t(HeadUse::tokens)).empty()) {
    throw unsupported_error("a {} has no head '{}'", model.family(), head_name(options.kind))
        .hint("models that have one: bert, roberta, t5 and others; `espalier list heads`");
  }
  if (options.teacher && !(model.facts().pictures && model.facts().pictures->distilled)) {
    throw unsupported_error("a {} has no distillation token for a second output layer to read", model.family());
  }
  switch (options.kind) {
    case HeadKind::none:
      return nullptr;
    case HeadKind::classify:
      if (options.teacher) return std::make_unique<TeacherHead>(model, options);
      return std::make_unique<SequenceHead>(model, options);
    case HeadKind::multi_label:
    case HeadKind::regress:
      return std::make_unique<SequenceHead>(model, options);
    case HeadKind::tokens:
      return std::make_unique<TokenHead>(model, options);
    case HeadKind::masked_lm:
      return std::make_unique<MaskedLmHead>(model, options);
    case HeadKind::causal_lm:
      return std::make_unique<CausalLmHead>(model, options);
    case HeadKind::seq2seq:
      return std::make_unique<Seq2SeqHead>(model, options);
    case HeadKind::embed:
      return std::make_unique<EmbedHead>(model, options);
    case HeadKind::similarity:
      return std::make_unique<SimilarityHead>(model, options);
  }
  throw bug_error("head {} has no case", int(options.kind));
}

}  // namespace espalier
