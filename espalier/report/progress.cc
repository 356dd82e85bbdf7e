// Rendering of the progress line, and when to draw it.
#include "espalier/report/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "espalier/base/text.h"

namespace espalier {
namespace {

constexpr int kLongestBar = 28, kShortestBar = 8;  // cells; in between a multiple of four, so that it does not twitch
constexpr double kRedraw = 0.1, kPlainLine = 30, kWindow = 30, kMarkEvery = 0.25;  // seconds

std::string bar_text(double share, int cells, bool utf8) {
  const int done = int(std::floor(share * cells + 1e-9));
  std::string out = utf8 ? "" : "[";
  for (int i = 0; i < cells; ++i) out += i < done ? (utf8 ? "━" : "=") : (utf8 ? "─" : "-");
  return utf8 ? out : out + "]";
}

int columns(const std::string& text) { return int(display_width(text)); }

struct Parts {
  std::string label, percent, step, loss, rate, left;

  std::string line(const std::string& bar) const {
    std::string out;
    for (const std::string* part : {&label, &percent, &bar, &step, &loss, &rate, &left}) {
      if (part->empty()) continue;
      if (!out.empty()) out += part == &percent || part == &bar ? " " : "  ";
      out += *part;
    }
    return out;
  }
};

Parts parts_of(const ProgressState& s) {
  Parts parts;
  parts.label = s.label;
  if (s.steps > 0) {
    const double share = std::clamp(double(s.step) / double(s.steps), 0.0, 1.0);
    parts.percent = fmt::format("{:3d} %", int(std::floor(100 * share + 1e-9)));
    parts.step = fmt::format("{} {}/{}", s.unit, with_commas(s.step), with_commas(s.steps));
  } else {
    parts.step = fmt::format("{} {}", s.unit, with_commas(s.step));
  }
  if (std::isfinite(s.loss))
    parts.loss = std::abs(s.loss) < 1000 ? fmt::format("loss {:.3f}", s.loss) : fmt::format("loss {:.3g}", s.loss);
  if (s.per_second > 0 && std::isfinite(s.per_second)) {
    parts.rate = s.per_second < 10 ? fmt::format("{:.1f} {}", s.per_second, s.per_second_unit)
                                   : fmt::format("{} {}", with_commas(std::llround(s.per_second)), s.per_second_unit);
  }
  if (s.seconds_left >= 0 && std::isfinite(s.seconds_left)) {
    parts.left =
        s.seconds_left < 60 ? fmt::format("left {:.0f} s", std::ceil(s.seconds_left)) : "left " + human_seconds(s.seconds_left);
  }
  return parts;
}

}  // namespace

std::string progress_line(const ProgressState& state, int width, bool utf8) {
  Parts parts = parts_of(state);
  if (width <= 0) return parts.line("");
  const auto with_bar = [&]() -> std::string {
    const int frame = utf8 ? 1 : 3;  // the space before the bar, and its brackets
    const int room = width - columns(parts.line("")) - frame;
    if (state.steps <= 0 || room < kShortestBar) return "";
    const double share = std::clamp(double(state.step) / double(state.steps), 0.0, 1.0);
    return parts.line(bar_text(share, std::min(room / 4 * 4, kLongestBar), utf8));
  };
  if (std::string line = with_bar(); !line.empty()) return line;
  if (state.steps > 0) parts.rate.clear();
  if (std::string line = with_bar(); !line.empty()) return line;
  for (std::string* next : {&parts.rate, &parts.left, &parts.loss, &parts.step, &parts.percent, &parts.label}) {
    if (columns(parts.line("")) <= width) break;
    next->clear();
  }
  return parts.line("");
}

bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string lower = lower_ascii(value);
    return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  }
  return false;
}

int terminal_width(std::FILE* file) {
  winsize size{};
  if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

ProgressBar::Terminal::Terminal(std::FILE* file) : utf8(utf8_locale()) {
  const char* kind = std::getenv("TERM");
  live = isatty(fileno(file)) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
  seconds = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
}

ProgressBar::ProgressBar(std::FILE* file, std::string label, int64_t steps, std::string per_second_unit)
    : ProgressBar(file, std::move(label), steps, std::move(per_second_unit), Terminal(file)) {}

ProgressBar::ProgressBar(std::FILE* file, std::string label, int64_t steps, std::string per_second_unit, Terminal terminal)
    : file_(file), terminal_(std::move(terminal)) {
  state_.label = std::move(label);
  state_.steps = steps;
  state_.per_second_unit = std::move(per_second_unit);
}

ProgressBar::~ProgressBar() { finish(); }

void ProgressBar::update(int64_t step) { update(step, state_.loss, step); }

void ProgressBar::update(int64_t step, double loss, int64_t amount) {
  if (finished_) return;
  const double now = terminal_.seconds();
  if (!begun_) {
    drawn_tenth_ = state_.steps > 0 ? 10 * step / state_.steps : 0;
    if (!terminal_.live) drawn_ = now;
  }
  begun_ = true;
  state_.step = step;
  state_.loss = std::isfinite(state_.loss) && std::isfinite(loss) ? 0.9 * state_.loss + 0.1 * loss : loss;
  amount_ = amount;
  if (marks_.empty() || now - marks_.back().seconds >= kMarkEvery) marks_.push_back({now, step, amount});
  while (marks_.size() > 2 && now - marks_.front().seconds > kWindow) marks_.pop_front();
  const int64_t tenth = state_.steps > 0 ? 10 * step / state_.steps : 0;
  if (terminal_.live ? now - drawn_ >= kRedraw : tenth > drawn_tenth_ || now - drawn_ >= kPlainLine) {
    drawn_ = now;
    drawn_tenth_ = tenth;
    draw(false);
  }
}

void ProgressBar::rates() {
  if (marks_.empty()) return;
  const Mark& first = marks_.front();
  const double elapsed = terminal_.seconds() - first.seconds;
  if (elapsed <= 0 || state_.step <= first.step) return;
  state_.per_second = double(amount_ - first.amount) / elapsed;
  state_.seconds_left = double(state_.steps - state_.step) * elapsed / double(state_.step - first.step);
}

void ProgressBar::draw(bool last) {
  rates();
  drawn_step_ = state_.step;
  if (last) state_.seconds_left = -1;
  if (terminal_.live) {
    const int width = terminal_.width > 0 ? terminal_.width : terminal_width(file_);
    write("\r" + progress_line(state_, width - 1, terminal_.utf8) + "\x1b[K" + (last ? "\n" : ""));
    on_line_ = !last;
  } else {
    write(progress_line(state_, 0, terminal_.utf8) + "\n");
  }
}

void ProgressBar::write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file_);  // what a closed terminal does not take is lost, and nothing else
  std::fflush(file_);
}

void ProgressBar::print(std::string_view line) {
  write((on_line_ ? "\r\x1b[K" : "") + std::string(line) + "\n");
  if (on_line_) draw(false);
}

void ProgressBar::finish() {
  if (finished_) return;
  finished_ = true;
  if (begun_ && (terminal_.live || drawn_step_ != state_.step)) draw(true);
}

}  // namespace espalier
