#include "espalier/models/catalogue.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/models/albert.h"
#include "espalier/models/bart.h"
#include "espalier/models/bert.h"
#include "espalier/models/distilbert.h"
#include "espalier/models/electra.h"
#include "espalier/models/gpt2.h"
#include "espalier/models/llama.h"
#include "espalier/models/roberta.h"
#include "espalier/models/t5.h"
#include "espalier/models/vit.h"

namespace espalier {
namespace {

template <class Network, auto read>
std::unique_ptr<Backbone> make(Module& model, const nlohmann::json& config, const std::string& place) {
  return std::make_unique<Network>(model, read(config, place));
}

/// `stem`: how transformers' classes begin.
template <class Network, auto read>
Family encoder(const std::string& name, const std::string& stem, const std::string& help) {
  return {name,
          help,
          {stem + "Model", stem + "ForSequenceClassification", stem + "ForTokenClassification", stem + "ForMaskedLM"},
          make<Network, read>};
}

/// `writer`: transformers' class that predicts the next piece.
template <class Network, auto read>
Family decoder(const std::string& name, const std::string& stem, const std::string& writer, const std::string& help) {
  return {name,
          help,
          {stem + "Model", stem + "ForSequenceClassification", stem + "ForTokenClassification", "", stem + writer},
          make<Network, read>};
}

/// `tokens`, `encoder`: transformers' classes for labels of pieces and of the encoder alone, "" = none.
template <class Network, auto read>
Family encoder_decoder(const std::string& name, const std::string& stem, const std::string& tokens, const std::string& encoder,
                       const std::string& help) {
  const std::vector<std::string> classes = {
      stem + "Model", stem + "ForSequenceClassification", tokens, "", "", "", stem + "ForConditionalGeneration"};
  return {name, help, classes, make<Network, read>, encoder};
}

template <class Network, auto read>
Family pictures(const std::string& name, const std::string& stem, const std::string& help) {
  const std::string head = stem + "ForImageClassification";
  return {name, help, {stem + "Model", head, "", "", "", head + "WithTeacher"}, make<Network, read>};
}

}  // namespace

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies = {
      encoder<Bert, read_bert_config>("bert", "Bert",
                                      "BERT encoders: bert-base, MiniLM sentence encoders and others of that shape"),
      encoder<Roberta, read_roberta_config>("roberta", "Roberta", "RoBERTa encoders: roberta-base and others of that shape"),
      encoder<DistilBert, read_distilbert_config>("distilbert", "DistilBert",
                                                  "DistilBERT: BERT with half the blocks, no segments and no pooler"),
      encoder<Electra, read_electra_config>("electra", "Electra",
                                            "ELECTRA, discriminator or generator: BERT over embeddings of their own width"),
      encoder<Albert, read_albert_config>("albert", "Albert",
                                          "ALBERT: BERT with narrow embeddings and blocks that share their weights"),
      pictures<Vit, read_vit_config>("vit", "ViT", "ViT: pictures as rows of patches behind a class token"),
      pictures<Vit, read_deit_config>("deit", "DeiT", "DeiT: ViT with a distillation token, with one output layer or two"),
      decoder<Gpt2, read_gpt2_config>("gpt2", "GPT2", "LMHeadModel", "GPT-2 decoders: gpt2, distilgpt2 and others of that shape"),
      decoder<Llama, read_llama_config>(
          "llama", "Llama", "ForCausalLM",
          "Llama decoders: root-mean-square norms, rotary positions, shared keys, gated feed-forward"),
      encoder_decoder<T5, read_t5_config>("t5", "T5", "T5ForTokenClassification", "T5EncoderModel",
                                          "T5, T5 v1.1 and Flan-T5: encoder and decoder with biases by distance"),
      encoder_decoder<Bart, read_bart_config>("bart", "Bart", "", "",
                                              "BART: encoder and decoder over learned positions, post-norm"),
      encoder_decoder<MBart, read_mbart_config>("mbart", "MBart", "", "", "mBART: BART with pre-norm blocks, of many languages"),
  };
  return kFamilies;
}

const Family& find_family(const std::string& model_type, const std::string& place) {
  std::vector<std::string> names;
  for (const Family& family : families()) {
    if (family.name == model_type) return family;
    names.push_back(family.name);
  }
  throw unsupported_error("\"model_type\" is '{}', which is not supported{}", printable(model_type),
                          did_you_mean(model_type, names))
      .at(place)
      .hint("supported: " + join(names, ", "));
}

}  // namespace espalier
