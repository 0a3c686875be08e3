#pragma once

#include <cstdint>

namespace bench {

/** Processor seconds of all threads, ended ones too; 0 when there is no such process. */
double cpuSecondsOf(int32_t pid);
double residentMiBOf(int32_t pid);
/** Of the whole machine. */
double busySeconds();
double ownCpuSeconds();

}  // namespace bench
