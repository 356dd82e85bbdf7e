// The machine as Linux describes it in /proc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

/// The value of the first line of a /proc file that begins with `key`; "" when there is none.
std::string proc_value(const char* path, std::string_view key);
std::string processor_name();                 ///< "" when unknown
std::vector<std::string> instruction_sets();  ///< those that products are faster with: AVX2, FMA, AVX-512, AMX-BF16 and so on

}  // namespace espalier
