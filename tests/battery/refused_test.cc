// What a family cannot take is refused with the place and the reason, and leaves nothing behind.
#include "espalier/peft/catalogue.h"
#include "tests/battery/cases.h"
#include "tests/support/files.h"

namespace espalier::battery {
namespace {

struct Refusal {
  std::string family, method;
  Value options;
  ErrorKind kind;
  std::string place, reason;
};

TEST(Refused, NamesThePlaceAndTheReason) {
  const std::vector<Refusal> refusals = {
      {"llama", "fact", Value::Object{{"sites", "*.*.attention.*"}, {"rank", 2}}, ErrorKind::unsupported,
       "decoder.0.attention.key", "is [12, 24]"},
      {"bert", "fact", Value::Object{{"rank", 2}}, ErrorKind::unsupported, "encoder.1.ffn.up", "is [25, 12]"},
      {"bert", "fact", Value::Object{{"sites", "*.*.attention.*"}, {"rank", 13}}, ErrorKind::usage, "rank = 13", "at most 12"},
      {"llama", "kadaptation", Value::Object{{"divisions", 4}}, ErrorKind::usage, "decoder.0.attention.value",
       "cannot share a shift"},
      {"bert", "kadaptation", Value::Object{{"divisions", 5}}, ErrorKind::usage, "encoder.0.attention.query",
       "5 does not divide"},
      {"bart", "intrinsic", Value::Object{{"dimension", 20}}, ErrorKind::usage, "dimension = 20", "a factor for each tensor"},
      {"t5", "bitfit", Value::Object{}, ErrorKind::usage, "**.bias", "matches no parameter"},
      {"bert", "dsee", Value::Object{{"rank", 0}, {"entries", 150}, {"positions", "magnitude"}}, ErrorKind::usage,
       "encoder.0.attention.query", "150 entries"},
      {"bert", "adapter", Value::Object{{"width", 13}}, ErrorKind::usage, "width 13", "at most the model's, 12"},
      {"bert", "compacter", Value::Object{{"divisions", 5}}, ErrorKind::usage, "5 divisions", "a divisor of both"},
      {"t5", "lora", Value::Object{{"sites", "encoder.*.attention.kwery"}}, ErrorKind::usage, "encoder.*.attention.kwery", ""},
  };
  for (const Refusal& r : refusals) {
    const auto model = base_model({r.family, r.method});
    const Leaves leaves = copied(model->base_parameters());
    const Tensor before = outputs(*model);
    // From the configuration alone, as a plan does, and on the model.
    const auto empty = make_model(tiny_config(r.family), "tiny");
    support::expect_error(r.kind, [&] { methods().find(r.method).make(r.options, "method")->expected_size(*empty); },
                          {r.place, r.reason});
    support::expect_error(r.kind, [&] { model->attach(methods().find(r.method).make(r.options, "method"), 1); },
                          {r.place, r.reason});
    EXPECT_TRUE(model->modifiers().empty()) << r.family << " " << r.method;
    EXPECT_TRUE(outputs(*model).equal(before)) << r.family << " " << r.method;
    expect_unchanged(leaves, "by a refusal");
  }
}

TEST(Refused, ASharedShiftHasNoBiasToGoInto) {
  const auto model = base_model({"t5", "kadaptation"});
  Modifier& method = model->attach(methods().find("kadaptation").make(Value::Object{{"divisions", 4}}, "method"), 1);
  support::expect_error(ErrorKind::unsupported, [&] { method.merge(*model); },
                        {"encoder.0.attention.query", "has no bias that could take the method's", "decoder.1.attention.value"});
}

}  // namespace
}  // namespace espalier::battery
