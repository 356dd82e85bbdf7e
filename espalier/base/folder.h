// Folders that are put in place, or taken away, as a whole: a kill at any moment leaves no half of one under its name.
#pragma once

#include "espalier/base/files.h"

namespace espalier {

/// ".tmp-<name>-<pid>" beside `path`: where something is made before it gets that name.
fs::path temporary_beside(const fs::path& path);
/// Brings a file's bytes, or a folder's names, to the disk.
void sync_path(const fs::path& path);
/// Gives the finished folder `from` the name `to`, in the same parent, and brings that to the disk. What stood at `to` is moved
/// aside first and removed last, so that `to` is whole or absent at any moment.
void replace_folder(const fs::path& from, const fs::path& to);
/// Moves it aside, then removes it; nothing happens when there is none.
void remove_folder(const fs::path& path);
/// Removes what ended processes left in `folder`: entries named ".tmp-…-<pid>" or "….tmp-<pid>". Those of living processes stay.
void remove_leftovers(const fs::path& folder);
/// Whether a name is one of those.
bool is_leftover(const std::string& name);

}  // namespace espalier
