// FolderLock: one process at a time works in a folder. The kernel gives the lock up when the process ends, however it ends.
#pragma once

#include "espalier/base/files.h"

namespace espalier {

class FolderLock {
 public:
  static constexpr const char* kName = ".lock";
  /// Takes `folder`/.lock, which holds the process's number. A usage Error names the process that has it. Where the file system
  /// knows no locks, nothing is held.
  explicit FolderLock(const fs::path& folder);
  ~FolderLock();  ///< removes the file
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  fs::path path_;
  int file_ = -1;
};

}  // namespace espalier
