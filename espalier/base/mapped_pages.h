// Memory that is only a view of a file can be given back while the view stays.
#pragma once

#include <cstddef>

namespace espalier {

/// Takes the whole pages of [data, data + size) out of this process's memory, if all of it lies in a MappedFile: whoever touches
/// them again reads the file's bytes again. Other memory is left as it is.
void release_mapped(const void* data, size_t size);

}  // namespace espalier
