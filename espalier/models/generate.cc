#include "espalier/models/generate.h"

#include <algorithm>
#include <cmath>

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "espalier/models/generate_beams.h"
#include "espalier/models/generate_scores.h"
#include "espalier/models/generate_step.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

void check(const Model& model, const std::vector<Ids>& prompts, const GenerateOptions& o) {
  const HeadKind head = model.head() != nullptr ? model.head()->options().kind : HeadKind::none;
  const bool decodes = model.facts().decoder.has_value();
  if (head != HeadKind::causal_lm && head != HeadKind::seq2seq) {
    throw usage_error("a model generates with the head '{}'; this {} has '{}'",
                      head_name(decodes ? HeadKind::seq2seq : HeadKind::causal_lm), model.family(), head_name(head));
  }
  Problems problems;
  const auto expect = [&](bool good, const char* what, const std::string& otherwise) {
    if (!good) problems.add(what, otherwise);
  };
  expect(o.max_new >= 1, "max_new", fmt::format("is {}; expected at least 1", o.max_new));
  expect(o.min_new <= o.max_new, "min_new", fmt::format("is {}; expected at most max_new, {}", o.min_new, o.max_new));
  expect(o.repetition_penalty > 0, "repetition_penalty", fmt::format("is {}; expected above 0", o.repetition_penalty));
  expect(o.no_repeat_ngram >= 0, "no_repeat_ngram", fmt::format("is {}; expected at least 0", o.no_repeat_ngram));
  expect(o.temperature > 0, "temperature", fmt::format("is {}; expected above 0", o.temperature));
  expect(o.top_k >= 0, "top_k", fmt::format("is {}; expected at least 0", o.top_k));
  expect(o.top_p > 0 && o.top_p <= 1, "top_p", fmt::format("is {}; expected above 0, at most 1", o.top_p));
  expect(o.beams >= 1, "beams", fmt::format("is {}; expected at least 1", o.beams));
  expect(!o.sample || o.beams == 1, "beams", "search takes the best and draws nothing; expected 1 beam where pieces are drawn");
  expect(o.candidates.empty() || !o.ends.empty(), "candidates", "need a piece that ends a text, and there is none");
  const int64_t vocabulary = model.facts().vocabulary, positions = model.facts().positions;
  const auto known = [&](const Ids& ids) {
    return std::ranges::all_of(ids, [&](int64_t id) { return id >= 0 && id < vocabulary; });
  };
  expect(o.beams < vocabulary, "beams", fmt::format("is {}; expected fewer than the {} pieces", o.beams, vocabulary));
  expect(known(o.start), "start", fmt::format("an id is outside the vocabulary of {}", vocabulary));
  expect(decodes || o.start.empty(), "start", "is for an encoder with its decoder; a decoder alone goes on with its prompt");
  expect(!decodes || !o.start.empty() || model.facts().decoder->start, "start",
         "is needed: what a text begins with is not fixed in this family");
  expect(positions == 0 || int64_t(o.start.size()) < positions, "start",
         fmt::format("has {} pieces; the model has {} positions", o.start.size(), positions));
  expect(known(o.ends), "ends", fmt::format("an id is outside the vocabulary of {}", vocabulary));
  for (const Ids& ids : o.candidates) expect(!ids.empty() && known(ids), "candidates", "one is empty or has an unknown id");
  for (size_t i = 0; i < prompts.size(); ++i) {
    const std::string what = fmt::format("prompt {}", i);
    expect(!prompts[i].empty(), what.c_str(), "is empty; expected at least one piece");
    expect(known(prompts[i]), what.c_str(), fmt::format("has an id outside the vocabulary of {}", vocabulary));
    expect(positions == 0 || int64_t(prompts[i].size()) < positions + (decodes ? 1 : 0), what.c_str(),
           fmt::format("has {} pieces; the model has {} positions", prompts[i].size(), positions));
  }
  problems.raise(ErrorKind::usage, "the text cannot be continued");
}

/// One piece by its probability, by the inverse of the distribution function; a draw of (seed, prompt, length).
int64_t drawn(const Tensor& scores, uint64_t key) {
  const Tensor sums = at::softmax(scores.to(at::kDouble), -1).cumsum(-1);  // [V]
  RandomStream draw(key);
  const double total = sums[-1].item<double>(), point = draw.uniform() * total;
  const double* sum = sums.const_data_ptr<double>();
  return std::min<int64_t>(std::upper_bound(sum, sum + sums.numel(), point) - sum, sums.numel() - 1);
}

struct Text {
  int64_t prompt = 0;  ///< which
  Ids ids;
  int64_t read = 0, limit = 0;
};

/// All texts together, a piece each at a time; those that end leave.
void go_on(Model& model, std::vector<Text> texts, const std::vector<Ids>& prompts, const std::vector<Ids>& sources,
           const GenerateOptions& options, const OnPiece& on_piece, std::vector<Generated>& out) {
  Continuation next(model, sources);
  while (!texts.empty()) {
    std::vector<Ids> fresh, whole;
    std::vector<int64_t> lengths;
    for (Text& text : texts) {
      fresh.emplace_back(text.ids.begin() + text.read, text.ids.end());
      text.read = int64_t(text.ids.size());
      whole.push_back(text.ids);
      lengths.push_back(int64_t(prompts[size_t(text.prompt)].size()));
    }
    Tensor scores = constrained(next.read(fresh), whole, lengths, 1, options);
    if (options.sample) scores = narrowed(scores, options);
    const Tensor best = scores.argmax(-1);
    std::vector<Text> open;
    std::vector<int64_t> order;
    for (size_t i = 0; i < texts.size(); ++i) {
      Text& text = texts[i];
      const uint64_t key = derive_key(derive_key(derive_key(options.seed, "generate"), uint64_t(text.prompt)), text.ids.size());
      const int64_t id = options.sample ? drawn(scores[int64_t(i)], key) : best[int64_t(i)].item<int64_t>();
      text.ids.push_back(id);
      out[size_t(text.prompt)].ids.push_back(id);
      if (on_piece) on_piece(text.prompt, id);
      const bool ended = std::ranges::find(options.ends, id) != options.ends.end();
      if (ended || int64_t(text.ids.size()) >= text.limit) continue;
      order.push_back(int64_t(i));
      open.push_back(std::move(text));
    }
    if (order.size() < texts.size()) next.keep(order);
    texts = std::move(open);
  }
}

Ids start_of(const Model& model, const GenerateOptions& options) {
  return options.start.empty() ? Ids{model.facts().decoder->start.value()} : options.start;
}

}  // namespace

std::vector<Generated> generate(Model& model, const std::vector<Ids>& prompts, const GenerateOptions& options,
                                const OnPiece& on_piece) {
  check(model, prompts, options);
  at::NoGradGuard no_gradient;
  const bool decodes = model.facts().decoder.has_value();
  const std::vector<Ids> sources = decodes ? prompts : std::vector<Ids>();
  const std::vector<Ids> begun = decodes ? std::vector<Ids>(prompts.size(), start_of(model, options)) : prompts;
  std::vector<Generated> out(prompts.size());
  std::vector<Text> texts;
  for (size_t i = 0; i < prompts.size(); ++i) {
    const int64_t positions = model.facts().positions, wanted = int64_t(begun[i].size()) + options.max_new;
    // The last piece of a text takes no position: it is not read.
    const int64_t room = positions + (decodes ? 1 : 0);
    const int64_t limit = positions > 0 ? std::min(room, wanted) : wanted;
    if (options.beams > 1) {
      out[i] = beam_search(model, begun[i], limit, options, decodes ? sources[i] : Ids()).at(0);
    } else {
      texts.push_back({int64_t(i), begun[i], 0, limit});
    }
  }
  go_on(model, std::move(texts), begun, sources, options, on_piece, out);
  return out;
}

}  // namespace espalier
