// Decoding of tag sequences, well-formed and not.
#include "espalier/metrics/entities.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace espalier {
namespace {

using Entities = std::vector<Entity>;

TEST(Entities, StrictIob2) {
  EXPECT_EQ(decode_entities({"B-PER", "I-PER", "O", "B-LOC"}), (Entities{{"PER", 0, 2}, {"LOC", 3, 4}}));
  EXPECT_EQ(decode_entities({"I-PER", "I-PER"}), Entities{}) << "an I- without its B- is no entity";
  EXPECT_EQ(decode_entities({"B-PER", "I-LOC", "I-LOC"}), (Entities{{"PER", 0, 1}})) << "nor is one of another type";
  EXPECT_EQ(decode_entities({"B-PER", "B-PER"}), (Entities{{"PER", 0, 1}, {"PER", 1, 2}}));
  EXPECT_EQ(decode_entities({"B-X-Y", "I-X-Y"}), (Entities{{"X-Y", 0, 2}}));
  EXPECT_EQ(decode_entities({"B", "I"}), (Entities{{"_", 0, 2}}));
  EXPECT_EQ(decode_entities({}), Entities{});
}

TEST(Entities, StrictIobes) {
  const TagScheme iobes = TagScheme::strict_iobes;
  EXPECT_EQ(decode_entities({"B-A", "I-A", "E-A", "S-B"}, iobes), (Entities{{"A", 0, 3}, {"B", 3, 4}}));
  EXPECT_EQ(decode_entities({"B-A", "I-A", "O"}, iobes), Entities{}) << "never closed";
  EXPECT_EQ(decode_entities({"B-A"}, iobes), Entities{});
  EXPECT_EQ(decode_entities({"E-A", "B-A", "E-A"}, iobes), (Entities{{"A", 1, 3}}));
}

TEST(Entities, Lenient) {
  const TagScheme lenient = TagScheme::lenient;
  EXPECT_EQ(decode_entities({"I-PER", "I-PER", "I-LOC"}, lenient), (Entities{{"PER", 0, 2}, {"LOC", 2, 3}}));
  EXPECT_EQ(decode_entities({"B-PER", "I-LOC"}, lenient), (Entities{{"PER", 0, 1}, {"LOC", 1, 2}}));
}

TEST(Entities, Refusals) {
  support::expect_error(ErrorKind::data, [] { decode_entities({"B-PER", "X-PER"}); }, {"'X-PER'", "IOB2"});
  support::expect_error(ErrorKind::data, [] { decode_entities({"S-PER"}); }, {"'S-PER'"});
  support::expect_error(ErrorKind::data, [] { decode_entities({""}); }, {"''"});
  const std::vector<Tags> two{{"O", "O"}}, one{{"O"}};
  support::expect_error(ErrorKind::data, [&] { entity_report(two, one); }, {"sequence 0", "2 true", "1 predicted"});
}

TEST(Entities, ReportByType) {
  const std::vector<Tags> truth{{"B-A", "I-A", "O", "B-B"}, {"B-B", "O"}}, predicted{{"B-A", "O", "O", "B-B"}, {"B-B", "B-C"}};
  const EntityReport r = entity_report(truth, predicted);
  EXPECT_EQ(r.types, (std::vector<std::string>{"A", "B", "C"}));
  EXPECT_EQ(r.support, 3);
  EXPECT_DOUBLE_EQ(r.precision, 0.5);
  EXPECT_DOUBLE_EQ(r.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(r.f1, 4.0 / 7);
  EXPECT_EQ(r.by_type[1].f1, 1);
  EXPECT_EQ(r.by_type[2].support, 0);
}

}  // namespace
}  // namespace espalier
