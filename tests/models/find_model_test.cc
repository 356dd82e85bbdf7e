// Names of models: a folder, else the Hugging Face cache, else how to get it.
#include <stdlib.h>

#include "espalier/models/load.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

/// An environment variable for as long as this lives.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* old = ::getenv(name)) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

TEST(FindModel, AFolderIsItself) {
  const support::TemporaryFolder disk;
  EXPECT_EQ(find_model(disk.path().string()), disk.path());
}

TEST(FindModel, ANameIsLookedUpInTheCache) {
  const support::TemporaryFolder disk;
  disk.write("models--some-org--tiny/refs/main", "abc123\n");
  disk.write("models--some-org--tiny/snapshots/abc123/config.json", "{}");
  {
    const Environment cache("HF_HUB_CACHE", disk.path().string());
    EXPECT_EQ(find_model("some-org/tiny"), disk / "models--some-org--tiny/snapshots/abc123");
    support::expect_error(ErrorKind::usage, [] { find_model("some-org/other"); },
                          {"some-org/other", disk.path().string(), "hf download some-org/other"});
  }
  const support::TemporaryFolder home;
  const Environment cache("HF_HUB_CACHE", ""), above("HF_HOME", home.path().string());
  home.write("hub/models--tiny/refs/main", "f");
  home.write("hub/models--tiny/snapshots/f/config.json", "{}");
  EXPECT_EQ(find_model("tiny"), home / "hub/models--tiny/snapshots/f");
}

TEST(FindModel, AHalfDownloadedSnapshotIsNotFound) {
  const support::TemporaryFolder disk;
  disk.write("models--tiny/refs/main", "gone");
  const Environment cache("HF_HUB_CACHE", disk.path().string());
  support::expect_error(ErrorKind::usage, [] { find_model("tiny"); }, {"tiny", "hf download"});
}

TEST(FindModel, AFileIsRefused) {
  const support::TemporaryFolder disk;
  const fs::path file = disk.write("model.safetensors", "");
  support::expect_error(ErrorKind::usage, [&] { find_model(file.string()); }, {"is a file", "config.json"});
}

}  // namespace
}  // namespace espalier
