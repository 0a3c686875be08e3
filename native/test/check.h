#pragma once

#include <cstdio>

// Checks of a test program, which goes on behind one that failed; each includes this once.
namespace {

int failures = 0;

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
      failures += 1;                                                          \
    }                                                                         \
  } while (false)

}  // namespace
