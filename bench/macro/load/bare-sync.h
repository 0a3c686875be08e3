#pragma once

#include "options.h"

namespace bench {

/** What the disk alone takes for one batch after the other: write, fdatasync; prints one line of JSON. */
void runBareSync(const Options& options);

}  // namespace bench
