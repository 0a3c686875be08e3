#pragma once

#include "options.h"

namespace bench {

/**
 * One consumer whose Fetch session holds all partitions, and one record at a time to one partition after the other. A
 * request is a Produce and the Fetch that brings its record; prints one line of JSON.
 */
void runSessionTail(const Options& options);

}  // namespace bench
