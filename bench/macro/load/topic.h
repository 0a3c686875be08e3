#pragma once

#include "options.h"

namespace bench {

/** Creates the topic and waits until it can be written to. */
void createTopic(const Options& options);
void deleteTopic(const Options& options);

}  // namespace bench
