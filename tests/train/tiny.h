// A tiny random BERT in double and batches of random ids, for tests of training.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "espalier/base/seed.h"
#include "espalier/models/load.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/trainer.h"

namespace espalier::test {

inline std::unique_ptr<Model> tiny_model(HeadKind kind = HeadKind::classify, double drop = 0, at::ScalarType type = at::kDouble) {
  const nlohmann::json config = {{"model_type", "bert"},
                                 {"vocab_size", 26},
                                 {"hidden_size", 8},
                                 {"num_hidden_layers", 2},
                                 {"num_attention_heads", 2},
                                 {"intermediate_size", 12},
                                 {"max_position_embeddings", 24},
                                 {"type_vocab_size", 2},
                                 {"hidden_dropout_prob", drop},
                                 {"attention_probs_dropout_prob", drop},
                                 {"initializer_range", 0.3},
                                 {"hidden_act", "gelu"}};
  auto model = make_model(config, "tiny");
  HeadOptions head{.kind = kind, .labels = {"no", "yes", "maybe"}, .pooling = Pooling::mean};
  if (kind == HeadKind::regress) head.labels = {"value"};
  model->set_head(make_head(*model, head));
  initialize(*model, type, 7);
  model->freeze();
  return model;
}

/// Example i of an endless data set: 1 to 6 ids; its class says whether ids below 10 are more than the others.
struct TinyExample {
  std::vector<int64_t> ids;
  int64_t label = 0;
};
inline TinyExample tiny_example(int64_t index) {
  RandomStream random(derive_key(11, uint64_t(index)));
  TinyExample example;
  int64_t low = 0;
  const auto length = int64_t(1 + random.below(6));
  for (int64_t i = 0; i < length; ++i) {
    example.ids.push_back(int64_t(random.below(20)));
    low += example.ids.back() < 10;
  }
  example.label = 2 * low > length ? 1 : 2 * low == length ? 2 : 0;
  return example;
}

inline Batch tiny_batch(const std::vector<int64_t>& indices) {
  Batch batch;
  std::vector<int64_t> ids, lengths, classes;
  for (int64_t index : indices) {
    const TinyExample example = tiny_example(index);
    ids.insert(ids.end(), example.ids.begin(), example.ids.end());
    lengths.push_back(int64_t(example.ids.size()));
    classes.push_back(example.label);
  }
  batch.ids = at::tensor(ids, at::kLong);
  batch.segments = at::zeros_like(batch.ids);
  batch.frame = make_frame(lengths);
  batch.classes = at::tensor(classes, at::kLong);
  batch.values = batch.classes.to(at::kDouble).unsqueeze(1);
  batch.examples = indices;
  return batch;
}

/// Steps of 4 examples, each cut into micro-batches of 3 and 1; 20 examples, in another order each epoch.
class TinySource final : public StepSource {
 public:
  int64_t steps_per_epoch() const override { return 5; }
  void start(int64_t epoch, int64_t skip_steps) override {
    order_ = permutation(20, derive_key(3, uint64_t(epoch)));
    at_ = size_t(skip_steps) * 4;
  }
  bool next(std::vector<Batch>& micro_batches) override {
    if (at_ >= order_.size()) return false;
    micro_batches.clear();
    micro_batches.push_back(tiny_batch({order_[at_], order_[at_ + 1], order_[at_ + 2]}));
    micro_batches.push_back(tiny_batch({order_[at_ + 3]}));
    at_ += 4;
    return true;
  }

 private:
  std::vector<int64_t> order_;
  size_t at_ = 0;
};

inline Value kind(const char* name) { return Value(Value::Object{{"kind", Value(name)}}); }

inline std::vector<Parameter*> train_all(Model& model) {
  std::vector<Parameter*> trained;
  for (Parameter* parameter : model.all_parameters()) {
    if (parameter->path().starts_with("pooler")) continue;
    parameter->train(true);
    trained.push_back(parameter);
  }
  return trained;
}

inline std::vector<Phase> tiny_phase(Model& model, double rate = 1e-2, const char* optimizer = "adamw") {
  std::vector<Phase> phases(1);
  phases[0].objective = objectives().make(kind("cross_entropy"), "objective");
  phases[0].rule = rules().make(kind("plain"), "rule");
  Value options = kind(optimizer);
  options.set("learning_rate", rate);
  phases[0].optimizer = optimizers().make(options, "optimizer");
  phases[0].schedule = Schedule({.decay = "linear", .warmup = "2"}, 15, 5);
  phases[0].trained = train_all(model);
  phases[0].source = std::make_unique<TinySource>();
  return phases;
}

}  // namespace espalier::test
