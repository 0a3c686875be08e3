#pragma once

#include <sys/resource.h>

namespace bench {

/** As many descriptors as this user may have: thousands of connections or partitions need them. */
inline void raiseFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace bench
