#include "espalier/models/head.h"

#include <array>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/models/heads.h"

namespace espalier {
namespace {
constexpr std::array kNames = {"none", "classify", "multi_label", "regress", "tokens", "masked_lm", "embed", "similarity"};
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

HeadUse head_use(HeadKind kind) {
  if (is_sequence(kind)) return HeadUse::sequence;
  if (kind == HeadKind::tokens) return HeadUse::tokens;
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
  switch (options.kind) {
    case HeadKind::none:
      return nullptr;
    case HeadKind::classify:
    case HeadKind::multi_label:
    case HeadKind::regress:
      return std::make_unique<SequenceHead>(model, options);
    case HeadKind::tokens:
      return std::make_unique<TokenHead>(model, options);
    case HeadKind::masked_lm:
      return std::make_unique<MaskedLmHead>(model, options);
    case HeadKind::embed:
      return std::make_unique<EmbedHead>(model, options);
    case HeadKind::similarity:
      return std::make_unique<SimilarityHead>(model, options);
  }
  throw bug_error("head {} has no case", int(options.kind));
}

}  // namespace espalier
