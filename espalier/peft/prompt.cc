#include "espalier/peft/prompt.h"

#include "espalier/base/seed.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/op.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// Where each row of the lengthened frame stands in [all examples' prompts, all rows of before].
Tensor interleaved(const Frame& before, int64_t count) {
  std::vector<int64_t> order;
  const int64_t prompts = before.examples() * count;
  for (int64_t i = 0; i < before.examples(); ++i) {
    for (int64_t p = 0; p < count; ++p) order.push_back(i * count + p);
    for (int64_t row = before.offsets[size_t(i)]; row < before.offsets[size_t(i) + 1]; ++row) order.push_back(prompts + row);
  }
  return at::tensor(order, at::kLong);
}

}  // namespace

void PromptOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("length", length).at_least(1).help("l, the number of prompt rows");
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
  rows_->set(table.detach().index_select(0, at::tensor(ids, at::kLong)).to(model.dtype()));
}

void Prompt::attach(Model& model, uint64_t seed) {
  Site& embed = model.site_at("embed");
  rows_ = std::make_unique<Parameter>(*this, "embed.rows", std::vector<int64_t>{options_.length, model.width()});
  start(model, seed);
  hold(embed.wrap(WrapOrder::delta, name(), [this](const Tensor& ids, Next next, Pass& pass) {
    const Tensor text = next(ids);  // [N, D]
    if (!enabled()) return text;
    const std::shared_ptr<const Frame> frame = pass.frame;
    pass.frame = make_frame(std::vector<int64_t>(size_t(frame->examples()), options_.length));
    const Tensor prompts = op::spread(*rows_, pass);  // [B l, D]
    pass.frame = with_prompts(*frame, options_.length);
    return at::cat({prompts, text}, 0).index_select(0, interleaved(*frame, options_.length));
  }));
}

int64_t Prompt::expected_size(Model& model) const { return options_.length * model.width(); }

}  // namespace espalier
