#include "espalier/models/generate_beams.h"

#include <algorithm>
#include <cmath>

#include "espalier/models/generate_scores.h"
#include "espalier/models/generate_step.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

constexpr double kWorst = -1e9;  // as the reference: sums with it decide what is kept, so it stays a number

struct Beam {
  Ids text;
  bool done = false;
};

std::vector<int64_t> numbers(const Tensor& t) {
  const Tensor whole = t.contiguous();
  return {whole.const_data_ptr<int64_t>(), whole.const_data_ptr<int64_t>() + whole.numel()};
}

template <class Item>
std::vector<Item> chosen(const std::vector<Item>& items, const std::vector<int64_t>& order) {
  std::vector<Item> kept;
  for (int64_t i : order) kept.push_back(items[size_t(i)]);
  return kept;
}

class Search {
 public:
  Search(Model& model, const Ids& prompt, int64_t limit, const GenerateOptions& options, const Ids& source)
      : options_(options),
        prompt_(int64_t(prompt.size())),
        limit_(limit),
        beams_(options.beams),
        next_(model, {source}),
        running_(size_t(beams_), prompt),
        scores_(at::zeros({beams_})),
        finished_(size_t(beams_), Beam{prompt}),
        finished_scores_(at::full({beams_}, kWorst)) {
    scores_.narrow(0, 1, beams_ - 1).fill_(kWorst);  // all beams are one text yet
  }

  std::vector<Generated> run() {
    Tensor scores = next_.read({running_[0]}).expand({beams_, -1});
    next_.keep(std::vector<int64_t>(size_t(beams_), 0));
    while (step(scores)) {
      std::vector<Ids> fresh;
      for (const Ids& text : running_) fresh.push_back({text.back()});
      scores = next_.read(fresh);
    }
    std::vector<Generated> found;
    for (size_t i = 0; i < finished_.size(); ++i) {
      if (!finished_[i].done) continue;
      const Ids& text = finished_[i].text;
      found.push_back({Ids(text.begin() + prompt_, text.end()), finished_scores_[int64_t(i)].item<double>()});
    }
    return found;
  }

 private:
  /// Every beam goes on with its best pieces. false: nothing better is to come.
  bool step(const Tensor& scores) {
    const int64_t length = int64_t(running_[0].size()), width = scores.size(1);
    const Tensor own =
        constrained(at::log_softmax(scores, -1), running_, std::vector<int64_t>(size_t(beams_), prompt_), beams_, options_);
    const Tensor all = (own + scores_.unsqueeze(1)).flatten();
    // As many as leave enough that go on when each beam's best pieces are ends.
    const int64_t count = std::min(all.numel(), std::max<int64_t>(2, 1 + int64_t(options_.ends.size())) * beams_);
    const auto [top, where] = at::topk(all, count);
    std::vector<Ids> texts;
    std::vector<int64_t> origins;
    Tensor ended = at::zeros({count});
    for (int64_t at : numbers(where)) {
      origins.push_back(at / width);
      texts.push_back(running_[size_t(at / width)]);
      texts.back().push_back(at % width);
      const bool end = std::ranges::find(options_.ends, at % width) != options_.ends.end();
      if (end || length + 1 >= limit_) ended[int64_t(texts.size()) - 1] = 1;
    }
    const Tensor alive = top + ended * kWorst;
    const std::vector<int64_t> order = numbers(std::get<1>(at::topk(alive, beams_)));
    finish(top, ended, texts, length);
    running_ = chosen(texts, order);
    scores_ = alive.index_select(0, at::tensor(order, at::kLong));
    next_.keep(chosen(origins, order));
    improvable_ = improvable_ && improves(length + 1);
    return improvable_ && !(full() && options_.early_stopping) && !ended.all().item<bool>();
  }

  /// Ended texts among the first take the places of worse ones.
  void finish(const Tensor& top, const Tensor& ended, const std::vector<Ids>& texts, int64_t length) {
    const Tensor candidates = ended.clone();
    candidates.narrow(0, beams_, candidates.numel() - beams_).fill_(0);
    Tensor scores = top / std::pow(double(length + 1 - prompt_), options_.length_penalty);
    if (full() && options_.early_stopping) scores = scores + kWorst;
    if (!improvable_) scores = scores + kWorst;
    scores = scores + (1 - candidates) * kWorst;
    std::vector<Beam> merged = finished_;
    for (size_t i = 0; i < texts.size(); ++i) merged.push_back({texts[i], candidates[int64_t(i)].item<float>() > 0});
    const auto [best, places] = at::topk(at::cat({finished_scores_, scores}), beams_);
    finished_scores_ = best;
    finished_ = chosen(merged, numbers(places));
  }

  bool full() const {
    return std::ranges::all_of(finished_, [](const Beam& b) { return b.done; });
  }

  /// Whether the best running beam may still come in front of a finished one, were it to end at this length.
  bool improves(int64_t length) const {
    const Tensor hope = scores_[0] / std::pow(double(length - prompt_), options_.length_penalty);
    const float best = hope.item<float>(), worst = finished_scores_.min().item<float>();
    return std::ranges::any_of(finished_, [&](const Beam& b) { return best > (b.done ? worst : float(kWorst)); });
  }

  const GenerateOptions& options_;
  int64_t prompt_, limit_, beams_;
  Continuation next_;
  std::vector<Ids> running_;
  Tensor scores_;  // [beams] log-probability of each
  std::vector<Beam> finished_;
  Tensor finished_scores_;  // [beams], by length
  bool improvable_ = true;
};

}  // namespace

std::vector<Generated> beam_search(Model& model, const Ids& prompt, int64_t limit, const GenerateOptions& options,
                                   const Ids& source) {
  return Search(model, prompt, limit, options, source).run();
}

}  // namespace espalier
