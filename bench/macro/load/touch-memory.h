#pragma once

#include <cstdint>

namespace bench {

/**
 * Uses this much memory once. A virtual machine gets a page from its host when it first writes to it, and
 * may give it back when it is free for a while; whoever happened to be first would pay for it.
 */
void touchMemory(int64_t sizeMiB);

}  // namespace bench
