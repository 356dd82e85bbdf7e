// The progress line at every width, and when a bar draws.
#include "espalier/report/progress.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "espalier/base/text.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

ProgressState running() {
  ProgressState s;
  s.step = 475, s.steps = 1128, s.loss = 0.8121, s.per_second = 13204.4, s.seconds_left = 72;
  return s;
}

TEST(ProgressLine, Full) {
  EXPECT_EQ(progress_line(running(), 120, true),
            "train  42 % ━━━━━━━━━━━─────────────────  step 475/1,128  loss 0.812  13,204 tokens/s  left 1m 12s");
  EXPECT_EQ(progress_line(running(), 120, false),
            "train  42 % [===========-----------------]  step 475/1,128  loss 0.812  13,204 tokens/s  left 1m 12s");
  EXPECT_EQ(progress_line(running(), 0, true), "train  42 %  step 475/1,128  loss 0.812  13,204 tokens/s  left 1m 12s");
}

TEST(ProgressLine, FitsAnyWidth) {
  for (const bool utf8 : {true, false}) {
    for (int width = 1; width <= 130; ++width) {
      const std::string line = progress_line(running(), width, utf8);
      EXPECT_LE(display_width(line), width) << line;
      EXPECT_TRUE(valid_utf8(line));
      if (width >= 60) {
        EXPECT_NE(line.find("left 1m 12s"), std::string::npos) << line;
      }
      if (width >= 5) {
        EXPECT_EQ(line.substr(0, 5), "train");
      }
    }
  }
}

TEST(ProgressLine, UnknownPartsAreLeftOut) {
  ProgressState s;
  s.label = "read", s.step = 12000, s.unit = "row";
  EXPECT_EQ(progress_line(s, 80, true), "read  row 12,000");
  s.per_second = 3.25, s.per_second_unit = "rows/s", s.loss = std::nan(""), s.seconds_left = INFINITY;
  EXPECT_EQ(progress_line(s, 80, true), "read  row 12,000  3.2 rows/s");
}

TEST(ProgressLine, EndsAreExact) {
  ProgressState s;
  s.steps = 8;
  EXPECT_NE(progress_line(s, 80, false).find("  0 % [----"), std::string::npos);
  s.step = 8;
  EXPECT_NE(progress_line(s, 80, false).find("100 % [============================]"), std::string::npos);
  s.step = 9;
  EXPECT_NE(progress_line(s, 80, false).find("100 %"), std::string::npos) << "past the end";
}

class Bar : public ::testing::Test {
 protected:
  Bar() : file_(std::tmpfile()), terminal_(file_) {
    terminal_.live = true, terminal_.utf8 = true, terminal_.width = 100;
    terminal_.seconds = [this] { return now_; };
  }
  ~Bar() override { std::fclose(file_); }
  std::string written() {
    std::string text(size_t(std::ftell(file_)), '\0');
    std::rewind(file_);
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), file_), text.size());
    return text;
  }
  static int64_t count(const std::string& text, char c) { return std::count(text.begin(), text.end(), c); }
  std::FILE* file_;
  ProgressBar::Terminal terminal_;
  double now_ = 100;
};

TEST_F(Bar, DrawsAtMostTenTimesASecondOnATerminal) {
  {
    ProgressBar bar(file_, "train", 1000, "tokens/s", terminal_);
    for (int64_t step = 1; step <= 1000; ++step, now_ += 0.01) bar.update(step, 1.0, step * 50);
  }
  const std::string text = written();
  EXPECT_LE(count(text, '\r'), 102) << "ten seconds";
  EXPECT_GE(count(text, '\r'), 90);
  EXPECT_EQ(count(text, '\n'), 1) << "the last state stays as a line";
  EXPECT_NE(text.find("5,0"), std::string::npos) << "50 tokens a hundredth of a second";
  EXPECT_TRUE(text.ends_with("\x1b[K\n"));
}

TEST_F(Bar, WritesTenLinesElsewhere) {
  terminal_.live = false;
  {
    ProgressBar bar(file_, "train", 1000, "tokens/s", terminal_);
    for (int64_t step = 1; step <= 1000; ++step, now_ += 0.01) bar.update(step, 1.0, step * 50);
  }
  const std::string text = written();
  EXPECT_EQ(count(text, '\n'), 10) << "each tenth; the last is the end\n" << text;
  EXPECT_EQ(count(text, '\r') + count(text, '\x1b'), 0);
}

TEST_F(Bar, WritesEveryHalfMinuteWhenSlow) {
  terminal_.live = false;
  {
    ProgressBar bar(file_, "train", 100000, "tokens/s", terminal_);
    for (int64_t step = 1; step <= 100; ++step, now_ += 1) bar.update(step, 1.0, step);
  }
  EXPECT_EQ(count(written(), '\n'), 4) << "at 30, 60 and 90 seconds, and the end";
}

TEST_F(Bar, TimeLeftFollowsTheRate) {
  ProgressBar bar(file_, "train", 1000, "tokens/s", terminal_);
  for (int64_t step = 500; step <= 600; ++step, now_ += 0.1) bar.update(step, 1.0, step);
  bar.update(601, 1.0, 601);
  EXPECT_NE(written().find("left 40 s"), std::string::npos) << "resumed at 500; ten steps a second; 399 to go";
}

TEST_F(Bar, PrintPutsALineAboveTheBar) {
  ProgressBar bar(file_, "train", 10, "tokens/s", terminal_);
  bar.update(1, 1.0, 1);
  bar.print("epoch 1: macro-F1 0.558");
  bar.finish();
  bar.finish();
  const std::string text = written();
  EXPECT_NE(text.find("\r\x1b[Kepoch 1: macro-F1 0.558\n\rtrain"), std::string::npos) << text;
  EXPECT_EQ(count(text, '\n'), 2);
}

TEST_F(Bar, SaysNothingWhenNothingHappened) {
  { ProgressBar bar(file_, "train", 10, "tokens/s", terminal_); }
  EXPECT_EQ(written(), "");
}

TEST(Locale, FirstSetVariableDecides) {
  setenv("LC_ALL", "", 1);
  unsetenv("LC_CTYPE");
  setenv("LANG", "en_GB.UTF-8", 1);
  EXPECT_TRUE(utf8_locale());
  setenv("LC_ALL", "C", 1);
  EXPECT_FALSE(utf8_locale());
  setenv("LC_ALL", "C.utf8", 1);
  EXPECT_TRUE(utf8_locale());
  unsetenv("LC_ALL");
  unsetenv("LANG");
  EXPECT_FALSE(utf8_locale());
}

}  // namespace
}  // namespace espalier
