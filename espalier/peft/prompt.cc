#include "espalier/peft/prompt.h"

#include "espalier/base/seed.h"
#include "espalier/models/model.h"
#include "espalier/nn/cache.h"
#include "espalier/nn/init.h"
#include "espalier/nn/op.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/positions.h"

namespace espalier {
namespace {

/// `front` [B l, D] in front of `rows`, which are those of `frame` or, evenly, fewer of each example.
Tensor in_front(const Tensor& front, const Tensor& rows, const Frame& frame) {
  const int64_t examples = frame.examples(), count = front.size(0) / examples;
  const int64_t fewer = (frame.rows() - rows.size(0)) / examples;
  std::vector<int64_t> order;  // in [front, rows]
  int64_t next = front.size(0);
  for (int64_t i = 0; i < examples; ++i) {
    for (int64_t p = 0; p < count; ++p) order.push_back(i * count + p);
    for (int64_t row = 0; row < frame.length(i) - fewer; ++row) order.push_back(next++);
  }
  return at::cat({front, rows}, 0).index_select(0, at::tensor(order, at::kLong));
}

/// The frame of `rows` rows: evenly fewer of each example.
std::shared_ptr<const Frame> shorter(const Frame& frame, int64_t rows) {
  const int64_t fewer = (frame.rows() - rows) / frame.examples();
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < frame.examples(); ++i) lengths.push_back(frame.length(i) - fewer);
  return make_frame(lengths);
}

/// Whether a cache holds rows already, with the prompts before them.
bool begun(const Pass& pass) { return pass.cache != nullptr && !pass.cache->empty(); }

Tensor spread(const Parameter& rows, const Frame& frame, Pass& pass) {
  const FrameScope scope(pass, make_frame(std::vector<int64_t>(size_t(frame.examples()), rows.shape()[0])));
  return op::spread(rows, pass);
}

/// Rows of a token table that is narrower than the model go through the linear that follows it.
Tensor widened(Model& model, const Tensor& rows) {
  if (rows.size(1) == model.width()) return rows;
  for (Site* s : model.all_sites()) {
    const auto* linear = s->unit() == Unit::linear ? dynamic_cast<Linear*>(&s->owner()) : nullptr;
    if (linear == nullptr || !s->path().starts_with("embed.") || linear->in() != rows.size(1)) continue;
    Pass pass;
    return (*linear)(rows, pass);
  }
  throw unsupported_error("the token table is {} wide and the model {}: its rows cannot begin a prompt", rows.size(1),
                          model.width())
      .hint("use init = \"uniform\"");
}

}  // namespace

void PromptOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("length", length).at_least(1).help("l, the number of prompt rows");
  f("reading", reading)
      .one_of({"adapterhub", "peft"})
      .help(
          "whose prompts: behind the embedding and skipped by heads, or among the tokens, where the first row may be a prompt's");
  f("init", init)
      .one_of({"uniform", "normal", "vocabulary", "ids"})
      .help("U(-range, range); N(0, range^2); rows of the token table, drawn by seed; the rows of `ids`");
  f("range", range).above(0).help("of uniform and normal");
  f("ids", ids).at_least(0).help("token ids of a text to begin from, repeated or cut to the length");
}

Prompt::Prompt(PromptOptions options) : Modifier(options.name), options_(std::move(options)) {
  if ((options_.init == "ids") == options_.ids.empty()) {
    throw usage_error("'{}': init = \"{}\" with {} ids; expected ids where init = \"ids\", and only there", name(), options_.init,
                      options_.ids.size());
  }
}

Value Prompt::options() const { return write_options(options_); }

int64_t Prompt::width(Model& model) const { return as_peft() ? model.backbone().token_table().shape()[1] : model.width(); }

void Prompt::start(Model& model, uint64_t seed) {
  if (options_.init == "uniform") return init::uniform(*rows_, options_.range, seed, model.dtype());
  if (options_.init == "normal") return init::normal(*rows_, options_.range, seed, model.dtype());
  const Tensor& table = model.backbone().token_table().leaf();
  RandomStream draw(derive_key(seed, rows_->path()));
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < options_.length; ++i) {
    const bool given = options_.init == "ids";
    ids.push_back(given ? options_.ids[size_t(i) % options_.ids.size()] : int64_t(draw.below(uint64_t(table.size(0)))));
    if (ids.back() >= table.size(0)) {
      throw usage_error("'{}': the id {} is not in the vocabulary of {}", name(), ids.back(), table.size(0));
    }
  }
  at::NoGradGuard no_gradient;
  const Tensor rows = table.index_select(0, at::tensor(ids, at::kLong)).to(model.dtype());
  rows_->set((as_peft() ? rows : widened(model, rows)).clone());
}

void Prompt::attach(Model& model, uint64_t seed) {
  if (as_peft()) check_tokens(model, name());
  rows_ = std::make_unique<Parameter>(*this, "embed.rows", std::vector<int64_t>{options_.length, width(model)});
  start(model, seed);
  if (as_peft()) {
    stand_among_tokens(model);
  } else {
    stand_behind_embedding(model);
  }
}

void Prompt::stand_behind_embedding(Model& model) {
  hold(model.site_at("embed").wrap(WrapOrder::delta, name(), [this](const Tensor& ids, Next next, Pass& pass) {
    const Tensor text = next(ids);  // [N, D]
    if (!enabled() || begun(pass)) return text;
    const std::shared_ptr<const Frame> frame = pass.frame;
    pass.frame = with_prompts(*frame, options_.length);
    return in_front(spread(*rows_, *frame, pass), text, *frame);
  }));
}

void Prompt::stand_among_tokens(Model& model) {
  hold(model.site_at("embed").wrap(WrapOrder::delta, name(), [this, &model](const Tensor& ids, Next next, Pass& pass) {
    if (!enabled()) return next(ids);
    if (begun(pass)) {
      const auto moved = std::make_shared<Frame>(*pass.frame);
      moved->positions = moved->positions + options_.length;
      pass.frame = moved;
      return next(ids);
    }
    std::vector<int64_t> lengths;
    for (int64_t i = 0; i < pass.frame->examples(); ++i) lengths.push_back(pass.frame->length(i) + options_.length);
    check_positions(model, lengths, options_.length, name());
    const std::shared_ptr<Frame> longer = make_frame(lengths);
    const Head* head = model.head();
    const bool reads_first = head != nullptr && is_sequence(head->options().kind) && head->first_rows();
    longer->prompts = pass.frame->prompts + (reads_first ? 0 : options_.length);
    pass.frame = longer;
    return next(ids);
  }));
  hold(model.site_at("embed.token").wrap(WrapOrder::delta, name(), [this](const Tensor& ids, Next next, Pass& pass) {
    if (!enabled() || begun(pass)) return next(ids);
    const auto of_ids = [&] {
      const FrameScope scope(pass, shorter(*pass.frame, ids.size(0)));
      return next(ids);
    };
    return in_front(spread(*rows_, *pass.frame, pass), of_ids(), *pass.frame);
  }));
  for (Site* s : model.all_sites()) {
    if (s->path() != "embed.segment") continue;
    hold(s->wrap(WrapOrder::delta, name(), [this](const Tensor& segments, Next next, Pass& pass) {
      if (!enabled() || begun(pass)) return next(segments);
      const Tensor zeros = at::zeros({pass.frame->examples() * options_.length}, segments.options());
      return next(in_front(zeros, segments, *pass.frame));
    }));
  }
}

int64_t Prompt::expected_size(Model& model) const { return options_.length * width(model); }

}  // namespace espalier
