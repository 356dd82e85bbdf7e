#include "tests/cli/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>

namespace espalier::test {
namespace {

constexpr std::chrono::seconds kPatience{60};

void make_pipe(std::array<int, 2>& ends) { ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const std::function<void()>& in_child) {
  ::signal(SIGPIPE, SIG_IGN);  // a child that ends early must not end the test
  std::array<int, 2> in{}, out{}, err{};
  make_pipe(in);
  make_pipe(out);
  make_pipe(err);
  std::vector<std::string> words{ESPALIER_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    ::signal(SIGPIPE, SIG_DFL);
    if (in_child) in_child();
    ::execv(argv[0], argv.data());
    ::perror(argv[0]);
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  in_ = in[1];
  out_ = out[0];
  err_ = err[0];
}

Program::~Program() {
  end_input();
  for (const int file : {out_, err_}) {
    if (file >= 0) ::close(file);
  }
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
}

void Program::write(const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(in_, text.data() + done, text.size() - done);
    if (n <= 0) return;
    done += size_t(n);
  }
}

void Program::end_input() {
  if (in_ >= 0) ::close(in_);
  in_ = -1;
}

bool Program::pump(int milliseconds) {
  std::array<pollfd, 2> files{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
  if (out_ < 0 && err_ < 0) return false;
  if (::poll(files.data(), files.size(), milliseconds) <= 0) return true;
  for (auto [index, file, text] : {std::tuple{0, &out_, &out_text_}, std::tuple{1, &err_, &err_text_}}) {
    if ((files[size_t(index)].revents & (POLLIN | POLLHUP)) == 0) continue;
    std::array<char, 65536> buffer;
    const ssize_t n = ::read(*file, buffer.data(), buffer.size());
    if (n > 0) {
      text->append(buffer.data(), size_t(n));
    } else {
      ::close(*file);
      *file = -1;
    }
  }
  return out_ >= 0 || err_ >= 0;
}

std::string Program::read_line() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  size_t at = std::string::npos;
  while ((at = out_text_.find('\n')) == std::string::npos && std::chrono::steady_clock::now() < end && pump(100)) {
  }
  const std::string line = out_text_.substr(0, at);
  out_text_ = at == std::string::npos ? "" : out_text_.substr(at + 1);
  return line;
}

bool Program::says(const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (err_text_.find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > end || !pump(100)) return false;
  }
  return true;
}

void Program::signal(int number) const { ::kill(child_, number); }

Outcome Program::finish() {
  end_input();
  while (pump(1000)) {
  }
  int status = 0;
  ::waitpid(child_, &status, 0);
  child_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out_text_, err_text_};
}

Outcome run(const std::vector<std::string>& arguments, const std::string& input, const std::function<void()>& in_child) {
  Program program(arguments, in_child);
  program.write(input);
  return program.finish();
}

}  // namespace espalier::test
