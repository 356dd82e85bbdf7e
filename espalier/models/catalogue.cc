#include "espalier/models/catalogue.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/models/bert.h"

namespace espalier {

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies = {
      {"bert",
       "BERT encoders: bert-base, MiniLM sentence encoders and others of that shape",
       {"BertModel", "BertForSequenceClassification", "BertForTokenClassification", "BertForMaskedLM"},
       [](Module& model, const nlohmann::json& config, const std::string& place) -> std::unique_ptr<Backbone> {
         return std::make_unique<Bert>(model, read_bert_config(config, place));
       }},
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
