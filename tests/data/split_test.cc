#include "espalier/data/split.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/base/error.h"

namespace espalier {
namespace {

Survey rows(std::vector<int32_t> strata) {
  Survey survey;
  for (size_t i = 0; i < strata.size(); ++i) survey.texts.push_back(1000 + i);
  survey.strata = std::move(strata);
  return survey;
}

int64_t count(const std::vector<bool>& held) { return std::count(held.begin(), held.end(), true); }

TEST(HoldOut, takes_its_share_of_each_class) {
  std::vector<int32_t> strata;
  for (int i = 0; i < 1000; ++i) strata.push_back(i < 700 ? 0 : i < 950 ? 1 : 2);
  const std::vector<bool> held = hold_out(rows(strata), 0.1, 1);
  int64_t by_class[3] = {0, 0, 0};
  for (size_t i = 0; i < held.size(); ++i) by_class[strata[i]] += held[i];
  EXPECT_EQ(by_class[0], 70);
  EXPECT_EQ(by_class[1], 25);
  EXPECT_EQ(by_class[2], 5);
}

TEST(HoldOut, is_a_function_of_the_seed) {
  const Survey survey = rows(std::vector<int32_t>(500, 0));
  EXPECT_EQ(hold_out(survey, 0.1, 7), hold_out(survey, 0.1, 7));
  EXPECT_NE(hold_out(survey, 0.1, 7), hold_out(survey, 0.1, 8));
}

TEST(HoldOut, small_classes_still_give_the_whole_share) {
  std::vector<int32_t> strata;
  for (int i = 0; i < 40; ++i) strata.push_back(i % 10);  // 4 of each: 10 % of a class is less than a row
  EXPECT_EQ(count(hold_out(rows(strata), 0.1, 1)), 4);
  EXPECT_EQ(count(hold_out(rows({0, 1, 1}), 0.1, 1)), 1);
}

TEST(HoldOut, equal_texts_stay_on_one_side) {
  Survey survey = rows(std::vector<int32_t>(600, 0));
  for (size_t i = 0; i < 600; ++i) survey.texts[i] = i / 3;
  const std::vector<bool> held = hold_out(survey, 0.1, 1);
  for (size_t i = 0; i < 600; ++i) EXPECT_EQ(held[i], held[i / 3 * 3]);
  EXPECT_NEAR(count(held), 60, 3);
}

TEST(HoldOut, equal_groups_stay_on_one_side_also_through_equal_texts) {
  Survey survey = rows(std::vector<int32_t>(400, 0));
  for (size_t i = 0; i < 400; ++i) survey.groups.push_back(i % 100);
  survey.texts[1] = survey.texts[0];  // ties group 1 to group 0
  const std::vector<bool> held = hold_out(survey, 0.25, 3);
  for (size_t i = 0; i < 400; ++i) EXPECT_EQ(held[i], held[i % 100]);
  EXPECT_EQ(held[0], held[1]);
  EXPECT_NEAR(count(held), 100, 8);
}

TEST(HoldOut, what_cannot_be_split_is_refused) {
  Survey survey = rows(std::vector<int32_t>(10, 0));
  std::fill(survey.texts.begin(), survey.texts.end(), 5);
  EXPECT_THROW(hold_out(survey, 0.1, 1), Error);
  EXPECT_THROW(hold_out(rows({0}), 0.1, 1), Error);
}

}  // namespace
}  // namespace espalier
