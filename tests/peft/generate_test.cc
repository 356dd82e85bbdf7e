// Methods on a decoder that writes: with its cache every method gives what reading the whole text anew gives.
#include "espalier/models/generate.h"

#include "espalier/peft/catalogue.h"
#include "tests/support/tiny_families.h"

#include <gtest/gtest.h>

namespace espalier {
namespace {

struct Method {
  const char* kind;
  Value options;
};

std::vector<Method> writing_methods() {
  const auto few = [](const char* reading) { return Value::Object{{"reading", reading}, {"length", 2}}; };
  return {{"lora", Value::Object{}},     {"ia3", Value::Object{}}, {"adapter", Value::Object{{"width", 4}}},
          {"prompt", few("adapterhub")}, {"prompt", few("peft")},  {"prefix", few("adapterhub")},
          {"prefix", few("peft")}};
}

int64_t best_next(Model& model, const Ids& text) {
  Batch batch;
  batch.ids = at::tensor(text, at::kLong);
  batch.segments = at::zeros_like(batch.ids);
  batch.frame = make_frame({int64_t(text.size())});
  batch.examples = {0};
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(batch, pass)[-1].argmax().item<int64_t>();
}

TEST(GenerateWithMethods, TheCacheChangesNothing) {
  for (const char* family : {"gpt2", "llama"}) {
    for (const Method& method : writing_methods()) {
      SCOPED_TRACE(std::string(family) + " " + method.kind + " " + method.options.text());
      const auto model = support::tiny_model({.kind = HeadKind::causal_lm}, support::tiny_family(family));
      Modifier& attached = model->attach(methods().find(method.kind).make(method.options, "method"), 1);
      for (Parameter* p : attached.parameters())
        p->set(p->leaf() + 0.3 * at::sin(at::arange(p->size(), at::kDouble)).view(p->shape()));
      const std::vector<Ids> prompts{{4, 5, 6}, {7}};
      const std::vector<Generated> texts = generate(*model, prompts, {.max_new = 6});
      for (size_t i = 0; i < prompts.size(); ++i) {
        Ids text = prompts[i];
        for (int64_t id : texts[i].ids) {
          EXPECT_EQ(best_next(*model, text), id) << i;
          text.push_back(id);
        }
      }
    }
  }
}

}  // namespace
}  // namespace espalier
