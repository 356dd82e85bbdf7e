#include "espalier/data/stream.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <thread>

#include "espalier/base/error.h"
#include "espalier/base/queue.h"
#include "espalier/base/seed.h"

namespace espalier {
namespace {

constexpr int64_t kBlock = 256;       // examples that a background thread hands over at a time
constexpr int64_t kSortedSteps = 50;  // by_length: steps sorted together, as in transformers' group_by_length

using Block = std::vector<Example>;

/// Reads examples in the background, at most about one window ahead. The file is dealt out in blocks: worker w encodes every
/// block of number w modulo the workers and passes over the others, and blocks are taken in turn.
class Producer {
 public:
  Producer(const BatchStream::Open& open, int64_t skipped, int64_t window, int64_t workers)
      : block_(std::clamp<int64_t>(window / workers, 1, kBlock)) {
    const auto ahead = size_t((window + block_ * workers - 1) / (block_ * workers));
    for (int64_t w = 0; w < workers; ++w) {
      Queue<Block>& queue = *queues_.emplace_back(std::make_unique<Queue<Block>>(ahead));
      threads_.emplace_back([this, open, &queue, first = skipped + w * block_, others = (workers - 1) * block_] {
        run(open, queue, first, others);
      });
    }
  }
  ~Producer() {
    for (const auto& queue : queues_) queue->close();
    for (std::thread& thread : threads_) thread.join();
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// Up to `window` examples; fewer at the end.
  std::vector<Example> take(int64_t window) {
    std::vector<Example> examples = std::move(rest_);
    rest_.clear();
    while (int64_t(examples.size()) < window) {
      std::optional<Block> block = queues_[turn_]->pop();
      if (!block) break;
      turn_ = (turn_ + 1) % queues_.size();
      std::move(block->begin(), block->end(), std::back_inserter(examples));
    }
    if (int64_t(examples.size()) > window) {
      std::move(examples.begin() + window, examples.end(), std::back_inserter(rest_));
      examples.resize(size_t(window));
    }
    return examples;
  }

 private:
  void run(const BatchStream::Open& open, Queue<Block>& queue, int64_t first, int64_t others) const {
    std::exception_ptr failure;
    try {
      const auto reader = open();
      const auto pass_over = [&](int64_t count) {
        while (count > 0 && reader->skip()) --count;
        return count == 0;
      };
      Example example;
      for (bool more = pass_over(first); more; more = pass_over(others)) {
        Block block;
        while (int64_t(block.size()) < block_ && (more = reader->next(example))) block.push_back(std::move(example));
        if (!block.empty() && !queue.push(std::move(block))) return;
        if (!more) break;
      }
    } catch (...) {
      failure = std::current_exception();
    }
    failure ? queue.fail(std::move(failure)) : queue.close();
  }

  const int64_t block_;
  std::vector<std::unique_ptr<Queue<Block>>> queues_;
  std::vector<Example> rest_;
  size_t turn_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace

struct BatchStream::State {
  State(Open open, Collator collator, StreamOptions options)
      : open(std::move(open)),
        collator(std::move(collator)),
        options(options),
        window_size(std::max<int64_t>(1, options.shuffle_buffer / options.batch) * options.batch) {}

  Open open;
  Collator collator;
  StreamOptions options;
  int64_t window_size;  // whole steps, so that no step straddles two windows
  int64_t total = 0;
  ReadCounts counts;
  bool whole = false;  // everything fits one window and stays there
  std::vector<Example> window;
  std::unique_ptr<Producer> producer;
  int64_t epoch = 0, number = 0, given = 0;  // number: of the next window; given: examples of the epoch in windows so far
  std::vector<std::vector<int64_t>> steps;   // of the window, positions in it
  size_t at = 0;                             // the next of them
  std::vector<int64_t> current;

  void first_pass() {
    const auto reader = open();
    Example example;
    while (total <= window_size && reader->next(example)) {
      if (total++ < window_size) window.push_back(std::move(example));
    }
    counts = reader->counts();
    whole = total <= window_size;
    if (!whole) {
      window = {};
      while (reader->skip()) ++total;
    }
    if (total == 0) throw data_error("there are no training examples");
  }

  /// The steps of a window of `size` examples, as positions in it.
  void arrange() {
    const uint64_t key = derive_key(derive_key(derive_key(options.seed, "shuffle"), uint64_t(epoch)), uint64_t(number));
    const auto size = static_cast<int64_t>(window.size());
    std::vector<int64_t> order;
    if (options.shuffle) {
      order = permutation(size, key);
    } else {
      order.resize(size_t(size));
      std::iota(order.begin(), order.end(), 0);
    }
    if (options.by_length) {
      const int64_t together = kSortedSteps * options.batch;
      for (int64_t from = 0; from < size; from += together) {
        std::stable_sort(order.begin() + from, order.begin() + std::min(size, from + together),
                         [&](int64_t a, int64_t b) { return window[size_t(a)].size() > window[size_t(b)].size(); });
      }
    }
    steps.clear();
    for (int64_t from = 0; from < size; from += options.batch) {
      steps.emplace_back(order.begin() + from, order.begin() + std::min(size, from + options.batch));
    }
    if (!options.by_length || !options.shuffle) return;
    const int64_t full = size / options.batch;  // the smaller last step stays last
    std::vector<std::vector<int64_t>> mixed;
    for (const int64_t i : permutation(full, derive_key(key, "steps"))) mixed.push_back(std::move(steps[size_t(i)]));
    std::move(mixed.begin(), mixed.end(), steps.begin());
  }

  bool next_window() {
    if (given == total) return false;
    if (!whole) window = producer->take(window_size);
    if (window.empty() || given + int64_t(window.size()) > total) {
      throw data_error("the training file changed while it was read: it had {} examples before", total);
    }
    arrange();
    at = 0;
    given += int64_t(window.size());
    ++number;
    return true;
  }
};

BatchStream::BatchStream(Open open, Collator collator, StreamOptions options)
    : state_(std::make_unique<State>(std::move(open), std::move(collator), options)) {
  state_->first_pass();
}

BatchStream::~BatchStream() = default;

int64_t BatchStream::examples() const { return state_->total; }

int64_t BatchStream::steps_per_epoch() const { return (state_->total + state_->options.batch - 1) / state_->options.batch; }

const ReadCounts& BatchStream::counts() const { return state_->counts; }

void BatchStream::start(int64_t epoch, int64_t skip_steps) {
  State& s = *state_;
  const int64_t steps_a_window = s.window_size / s.options.batch;
  s.producer.reset();
  s.epoch = epoch;
  s.number = skip_steps / steps_a_window;
  s.given = std::min(s.total, s.number * s.window_size);
  s.steps.clear();
  s.at = 0;
  if (s.given == s.total) return;
  if (!s.whole) s.producer = std::make_unique<Producer>(s.open, s.given, s.window_size, s.options.workers);
  s.next_window();
  s.at = std::min(s.steps.size(), size_t(skip_steps % steps_a_window));
}

bool BatchStream::next_examples(std::vector<const Example*>& examples) {
  State& s = *state_;
  examples.clear();
  if (s.at >= s.steps.size() && !s.next_window()) return false;
  s.current = s.steps[s.at++];
  for (const int64_t i : s.current) examples.push_back(&s.window[size_t(i)]);
  return true;
}

std::vector<int64_t> BatchStream::lines(const std::vector<int64_t>& indices) const {
  std::vector<int64_t> lines;
  for (const int64_t i : state_->current) {
    const Example& example = state_->window[size_t(i)];
    if (!indices.empty() && std::find(indices.begin(), indices.end(), example.index) == indices.end()) continue;
    lines.push_back(example.line);
  }
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());  // windows of one text share a line
  return lines;
}

bool BatchStream::next(std::vector<Batch>& micro_batches) {
  std::vector<const Example*> examples;
  micro_batches.clear();
  if (!next_examples(examples)) return false;
  const State& s = *state_;
  for (std::vector<int64_t>& run : cut_runs(s.window, s.current, s.options.tokens, s.options.micro_batch)) {
    micro_batches.push_back(s.collator(s.window, run, s.epoch));
  }
  return true;
}

}  // namespace espalier
