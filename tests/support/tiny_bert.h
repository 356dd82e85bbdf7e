// A small BERT with random weights, and batches of random rows for it.
#pragma once

#include <nlohmann/json.hpp>

#include "espalier/base/seed.h"
#include "espalier/models/load.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier::support {

inline nlohmann::json tiny_config(int64_t width = 12, int64_t heads = 3, int64_t layers = 2) {
  return {{"model_type", "bert"},
          {"vocab_size", 30},
          {"hidden_size", width},
          {"num_hidden_layers", layers},
          {"num_attention_heads", heads},
          {"intermediate_size", 2 * width + 1},
          {"max_position_embeddings", 16},
          {"type_vocab_size", 2},
          {"hidden_act", "gelu"},
          {"hidden_dropout_prob", 0.1},
          {"attention_probs_dropout_prob", 0.1},
          {"initializer_range", 0.3}};
}

/// A model of any family, in double, every leaf random (biases and norms too, so that nothing is hidden by a zero or a one).
inline std::unique_ptr<Model> tiny_model(const HeadOptions& head, const nlohmann::json& config, uint64_t seed = 3) {
  auto model = make_model(config, "tiny");
  model->set_head(make_head(*model, head));
  initialize(*model, at::kDouble, seed);
  for (Parameter* p : model->base_parameters()) {
    if (p->shape().size() == 1) {
      const double centre = p->path().ends_with("norm.weight") ? 1 : 0;
      init::normal(*p, 0.2, seed + 1, at::kDouble);
      p->set(p->leaf() + centre);
    }
  }
  return model;
}

inline std::unique_ptr<Model> tiny_bert(const HeadOptions& head, const nlohmann::json& config = tiny_config(),
                                        uint64_t seed = 3) {
  return tiny_model(head, config, seed);
}

inline HeadOptions classes(int64_t count) {
  HeadOptions head{.kind = HeadKind::classify};
  for (int64_t i = 0; i < count; ++i) head.labels.push_back("c" + std::to_string(i));
  return head;
}

/// [count, 3, size, size]
inline Tensor random_pictures(int64_t count, int64_t size = 8, uint64_t seed = 1) {
  RandomStream draw(derive_key(seed, "pictures"));
  Tensor pixels = at::empty({count, 3, size, size}, at::kDouble);
  for (int64_t i = 0; i < pixels.numel(); ++i) pixels.data_ptr<double>()[i] = draw.normal();
  return pixels;
}

/// Texts and, for models that read those, pictures.
inline Batch random_batch(const std::vector<int64_t>& lengths, uint64_t seed = 1, int64_t classes = 3) {
  RandomStream draw(derive_key(seed, "batch"));
  Batch batch;
  batch.frame = make_frame(lengths);
  const int64_t rows = batch.frame->rows();
  std::vector<int64_t> ids, segments, labels, tokens;
  for (int64_t i = 0; i < rows; ++i) {
    ids.push_back(int64_t(draw.below(30)));
    segments.push_back(int64_t(draw.below(2)));
    tokens.push_back(int64_t(draw.below(uint64_t(classes))));
  }
  for (size_t i = 0; i < lengths.size(); ++i) {
    labels.push_back(int64_t(draw.below(uint64_t(classes))));
    batch.examples.push_back(int64_t(i));
  }
  batch.ids = at::tensor(ids, at::kLong);
  batch.pixels = random_pictures(int64_t(lengths.size()), 8, seed);
  batch.segments = at::tensor(segments, at::kLong);
  batch.classes = at::tensor(labels, at::kLong);
  batch.tokens = at::tensor(tokens, at::kLong);
  return batch;
}

/// A batch with texts to be written: `tokens` over a frame of their own.
inline Batch random_pairs(const std::vector<int64_t>& lengths, const std::vector<int64_t>& targets, uint64_t seed = 1) {
  Batch batch = random_batch(lengths, seed);
  batch.target_frame = make_frame(targets);
  batch.tokens = random_batch(targets, seed + 1).ids;
  return batch;
}

}  // namespace espalier::support
