// The built program as a child process: its exit code and what it wrote.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace espalier::test {

struct Outcome {
  int code = -1;  ///< 128 + signal where one ended it
  std::string out, err;
};

class Program {
 public:
  /// Starts build/.../espalier with `arguments`; HOME and the environment are the test's. `in_child` runs before the program.
  explicit Program(const std::vector<std::string>& arguments, const std::function<void()>& in_child = {});
  ~Program();  ///< ends it
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void write(const std::string& text);
  void end_input();
  /// The next line of standard output, or what there is after 60 seconds.
  std::string read_line();
  void signal(int number) const;
  /// Whether standard error holds `text`, waiting up to 60 seconds for it.
  bool says(const std::string& text);
  Outcome finish();

 private:
  bool pump(int milliseconds);
  pid_t child_ = -1;
  int in_ = -1, out_ = -1, err_ = -1;
  std::string out_text_, err_text_;
};

Outcome run(const std::vector<std::string>& arguments, const std::string& input = "", const std::function<void()>& in_child = {});

}  // namespace espalier::test
