#pragma once

#include <string>

namespace bench {

/** Writes back every file below the directory and lets the page cache forget it: the next reader meets the disk. */
void dropCache(const std::string& directory);

}  // namespace bench
