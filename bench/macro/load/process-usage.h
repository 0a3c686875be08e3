#pragma once

#include <cstdint>

namespace bench {

/** Processor seconds of all threads, ended ones too; 0 when there is no such process. */
double cpuSecondsOf(int32_t pid);
double residentMiBOf(int32_t pid);

/** Processor seconds of the whole machine. */
struct MachineUsage {
  double busyS;
  /** What the host of a virtual machine gave to others while there was work to do here. */
  double stolenS;
};
MachineUsage machineUsage();
double ownCpuSeconds();

}  // namespace bench
