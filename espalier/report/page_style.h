// How a report looks: one column on a phone, two where there is room, light or dark as the reader's system is.
#pragma once

#include <string>

namespace espalier {

std::string page_css();

}  // namespace espalier
