// For tests of every layer: a folder that removes itself, and assertions about the Error that a broken input provokes.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "espalier/base/error.h"
#include "espalier/base/files.h"

namespace espalier::support {

/// A fresh folder under the system's folder for temporary files.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "espalier-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw bug_error("a temporary folder cannot be made").at(name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path operator/(const fs::path& name) const { return path_ / name; }
  /// Writes a file (making the folders of `name`) and gives its path.
  fs::path write(const fs::path& name, std::string_view bytes) const {
    const fs::path path = path_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  /// The names of the entries, sorted and joined by spaces.
  std::string listing() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(path_)) names.insert(entry.path().filename().string());
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
    return out;
  }

 private:
  fs::path path_;
};

/// Asserts that `call` throws an Error whose what() contains every piece; gives that text.
template <class Call>
std::string expect_error(Call&& call, std::initializer_list<std::string_view> pieces) {
  try {
    call();
  } catch (const Error& error) {
    const std::string text = error.what();
    for (const std::string_view piece : pieces) {
      EXPECT_NE(text.find(piece), std::string::npos) << "expected to find: " << piece << "\nin: " << text;
    }
    return text;
  } catch (const std::exception& other) {
    ADD_FAILURE() << "expected an espalier::Error, got: " << other.what();
    return "";
  }
  ADD_FAILURE() << "expected an espalier::Error, but nothing was thrown";
  return "";
}
/// As above, and the Error is of that kind.
template <class Call>
std::string expect_error(ErrorKind kind, Call&& call, std::initializer_list<std::string_view> pieces) {
  return expect_error(
      [&] {
        try {
          call();
        } catch (const Error& error) {
          EXPECT_EQ(int(error.kind()), int(kind)) << error.what();
          throw;
        }
      },
      pieces);
}

}  // namespace espalier::support
