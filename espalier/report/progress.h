// The line that says how far a long job is: redrawn in place on a terminal, written now and then elsewhere.
#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace espalier {

struct ProgressState {
  std::string label = "train";
  int64_t step = 0, steps = 0;  // steps 0: unknown, no bar and no percentage
  std::string unit = "step";
  double loss = std::numeric_limits<double>::quiet_NaN();  // not shown when not finite
  double per_second = 0;                                   // not shown when 0
  std::string per_second_unit = "tokens/s";
  double seconds_left = -1;  // not shown when negative
};

/// "train  42 % ━━━━━━────────  step 475/1,128  loss 0.812  13,204 tokens/s  left 1m 12s" in at most `width` columns. Where it is
/// narrow the bar shrinks, then the speed goes, then the bar, the time left, the loss. A width of 0: no bar, no limit.
std::string progress_line(const ProgressState& state, int width, bool utf8);

/// True when LC_ALL, LC_CTYPE or LANG (the first that is set) names UTF-8.
bool utf8_locale();
/// Columns of the terminal behind `file`; 80 when it is none.
int terminal_width(std::FILE* file);

class ProgressBar {
 public:
  /// Replaced in tests; the defaults ask the system.
  struct Terminal {
    explicit Terminal(std::FILE* file);
    bool live = false;  // redraw one line at most ten times a second; else a new line every 10 % or 30 s
    bool utf8 = false;
    int width = 0;  // 0: asked anew at each redraw
    std::function<double()> seconds;
  };
  ProgressBar(std::FILE* file, std::string label, int64_t steps, std::string per_second_unit = "tokens/s");
  ProgressBar(std::FILE* file, std::string label, int64_t steps, std::string per_second_unit, Terminal terminal);
  ~ProgressBar();  ///< finishes
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `amount` is the running total of what per_second counts (tokens so far). The loss shown is an exponential mean of the last
  /// ten or so. The first call after a resume may start anywhere. Never throws for a closed terminal.
  void update(int64_t step, double loss, int64_t amount);
  void update(int64_t step);
  void print(std::string_view line);  ///< a line of text above the bar
  void finish();                      ///< leaves the last state as a line; calling it again does nothing

 private:
  struct Mark {
    double seconds = 0;
    int64_t step = 0, amount = 0;
  };
  void rates();
  void draw(bool last);
  void write(const std::string& text);
  std::FILE* file_;
  Terminal terminal_;
  ProgressState state_;
  int64_t amount_ = 0;
  std::deque<Mark> marks_;  // the last half minute, for rates that follow the work
  double drawn_ = -1e9;
  int64_t drawn_tenth_ = 0, drawn_step_ = -1;
  bool on_line_ = false, finished_ = false, begun_ = false;
};

}  // namespace espalier
