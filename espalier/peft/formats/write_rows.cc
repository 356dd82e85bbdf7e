// PROMPT_TUNING and PREFIX_TUNING of peft's folders.
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/attentions.h"
#include "espalier/peft/formats/peft_writer.h"
#include "espalier/peft/prefix.h"
#include "espalier/peft/prompt.h"

namespace espalier {
namespace {

constexpr const char* kOtherReading = "stands as AdapterHub's, which peft's folders cannot say: train it with reading = \"peft\"";

class RowsWriter : public PeftWriter {
 public:
  using PeftWriter::PeftWriter;

 protected:
  void add_settings(int64_t length, int64_t width) {
    const std::vector<Attention*> attentions = [this] {
      Problems counted;
      return attentions_of(model_, counted);
    }();
    config_["num_virtual_tokens"] = length;
    config_["token_dim"] = width;
    config_["num_transformer_submodules"] = 1;
    config_["num_attention_heads"] = attentions.empty() ? 1 : attentions[0]->key_heads();
    config_["num_layers"] = model_.facts().layers;
  }
};

class PromptWriter : public RowsWriter {
 public:
  PromptWriter(Model& model, const Prompt& prompt, const std::vector<Parameter*>& whole)
      : RowsWriter(model, prompt, PeftType::prompt, whole), prompt_(prompt) {
    if (!prompt.as_peft()) problems_.add(prompt.name(), kOtherReading);
  }

 private:
  void add_own() override {
    const Tensor& rows = prompt_.rows().leaf();
    add_settings(rows.size(0), rows.size(1));
    config_["prompt_tuning_init"] = "RANDOM";
    add("prompt_embeddings", rows);
  }

  const Prompt& prompt_;
};

class PrefixWriter : public RowsWriter {
 public:
  PrefixWriter(Model& model, const Prefix& prefix, const std::vector<Parameter*>& whole)
      : RowsWriter(model, prefix, PeftType::prefix, whole), prefix_(prefix) {
    if (!prefix.as_peft()) problems_.add(prefix.name(), kOtherReading);
    for (const Attention* attention : attentions_of(model, problems_)) {
      const PrefixPlace* found = nullptr;
      for (const auto& place : prefix.places()) {
        if (&place->attention == attention) found = place.get();
      }
      if (found == nullptr) problems_.add(attention->path(), "has no prefix; in peft's folders each layer has one");
      places_.push_back(found);
    }
  }

 private:
  void add_own() override {
    std::vector<Tensor> columns;  // [l, 2 D] of each layer
    for (const PrefixPlace* place : places_) {
      const Tensor rows = place->folded(prefix_.source());  // [2, l, D]
      columns.push_back(at::cat({rows.select(0, 0), rows.select(0, 1)}, 1));
    }
    const Tensor all = at::cat(columns, 1);
    add_settings(prefix_.length(), all.size(1) / int64_t(2 * places_.size()));
    config_["encoder_hidden_size"] = config_["token_dim"];
    config_["prefix_projection"] = false;
    add("prompt_embeddings", all);
  }

  const Prefix& prefix_;
  std::vector<const PrefixPlace*> places_;  // by layer; null where there is none
};

}  // namespace

std::unique_ptr<PeftWriter> prompt_writer(Model& model, const Prompt& prompt, const std::vector<Parameter*>& whole) {
  return std::make_unique<PromptWriter>(model, prompt, whole);
}

std::unique_ptr<PeftWriter> prefix_writer(Model& model, const Prefix& prefix, const std::vector<Parameter*>& whole) {
  return std::make_unique<PrefixWriter>(model, prefix, whole);
}

}  // namespace espalier
