// Folders as a whole, their lock, and what ended processes leave.
#include "espalier/base/folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "espalier/base/lock.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;

// Above any number that the kernel gives a process.
constexpr const char* kGone = "99999999";

TEST(Folder, IsReplacedAsAWhole) {
  const TemporaryFolder folder;
  folder.write("run/old", "x");
  const fs::path made = temporary_beside(folder / "run");
  EXPECT_EQ(made.filename().string(), ".tmp-run-" + std::to_string(::getpid()));
  make_folder(made);
  write_file(made / "new", "y");
  replace_folder(made, folder / "run");
  EXPECT_EQ(folder.listing(), "run");
  EXPECT_EQ(read_file(folder / "run/new"), "y");
  EXPECT_FALSE(fs::exists(folder / "run/old"));
  remove_folder(folder / "run");
  remove_folder(folder / "run");
  EXPECT_EQ(folder.listing(), "");
}

TEST(Folder, WhatEndedProcessesLeftIsRemoved) {
  const TemporaryFolder folder;
  const std::string mine = std::to_string(::getpid()), parent = std::to_string(::getppid());
  for (const std::string& name :
       {".tmp-adapter-" + std::string(kGone), "plan.toml.tmp-" + std::string(kGone), ".tmp-step-000004.old-" + mine,
        "result.json.tmp-" + parent, std::string("notes.tmp-x"), std::string("plan.toml"), std::string("step-99999999")}) {
    folder.write(name, "x");
  }
  remove_leftovers(folder.path());
  EXPECT_EQ(folder.listing(), "notes.tmp-x plan.toml result.json.tmp-" + parent + " step-99999999") << "a living process's stays";
}

TEST(Lock, ASecondIsRefusedWithTheNumberOfTheFirst) {
  const TemporaryFolder folder;
  {
    const FolderLock lock(folder.path());
    expect_error(ErrorKind::usage, [&] { FolderLock second(folder.path()); },
                 {folder.path().string(), "another process " + std::to_string(::getpid())});
  }
  EXPECT_EQ(folder.listing(), "") << "the file goes with the lock";
  EXPECT_NO_THROW(FolderLock(folder.path()));
}

TEST(Lock, EndsWithItsProcess) {
  const TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FolderLock lock(folder.path());
    [[maybe_unused]] const ssize_t told = ::write(ready[1], "x", 1);
    ::pause();
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  expect_error([&] { FolderLock lock(folder.path()); }, {"another process " + std::to_string(child)});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(folder.listing(), ".lock");
  EXPECT_NO_THROW(FolderLock(folder.path()));
}

TEST(Append, AFullDiskLeavesNoTornLine) {
  const TemporaryFolder folder;
  append_file(folder / "events", "one\n");
  const auto old = ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{}, limit{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = 10;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  expect_error(ErrorKind::data, [&] { append_file(folder / "events", "a longer line\n"); }, {"events", "cannot be appended to"});
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old);
  EXPECT_EQ(read_file(folder / "events"), "one\n");
}

/// Runs `body` as a user who owns nothing; whether it ended as it should is the child's exit code.
template <class Body>
int as_nobody(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    body();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

TEST(Folder, OneThatCannotBeWrittenIntoIsNamed) {
  const TemporaryFolder folder;
  make_folder(folder / "locked");
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(folder / "locked", fs::perms(0555));
  EXPECT_EQ(as_nobody([&] {
              const fs::path path = folder / "locked";
              expect_error(ErrorKind::data, [&] { FolderLock lock(path); }, {path.string(), "Permission denied", "try:"});
              expect_error(ErrorKind::data, [&] { make_folder(path / "a"); }, {"Permission denied", "permissions"});
              expect_error(ErrorKind::data, [&] { write_file(path / "a", "x"); }, {"Permission denied", "permissions"});
            }),
            0);
}

}  // namespace
}  // namespace espalier
