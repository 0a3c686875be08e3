#include "options.h"

#include <cstdlib>
#include <string_view>

#include "fail.h"

namespace bench {
namespace {

constexpr const char* kUsage =
    "load create|delete|produce|fetch --port N [--topic NAME] [--config KEY=VALUE] [--partitions N]\n"
    "  [--connections N] [--in-flight N] [--records N] [--record-bytes N] [--partitions-per-request N]\n"
    "  [--fetch-bytes N] [--end-offset N] [--warm-up S] [--seconds S] [--rate N] [--requests N] [--pid N]\n"
    "load touch-memory --memory MIB";

Command commandOf(std::string_view name) {
  if (name == "create") return Command::kCreate;
  if (name == "delete") return Command::kDelete;
  if (name == "produce") return Command::kProduce;
  if (name == "fetch") return Command::kFetch;
  if (name == "touch-memory") return Command::kTouchMemory;
  fail(kUsage);
}

bool setInteger(Options& options, std::string_view name, const char* text) {
  const int32_t value = std::atoi(text);
  if (name == "--port") return options.port = static_cast<uint16_t>(value), true;
  if (name == "--partitions") return options.partitionCount = value, true;
  if (name == "--connections") return options.connectionCount = value, true;
  if (name == "--in-flight") return options.inFlightMax = value, true;
  if (name == "--records") return options.recordsPerBatch = value, true;
  if (name == "--record-bytes") return options.recordBytes = value, true;
  if (name == "--partitions-per-request") return options.partitionsPerRequest = value, true;
  if (name == "--fetch-bytes") return options.fetchMaxBytes = value, true;
  if (name == "--end-offset") return options.fetchEndOffset = std::atoll(text), true;
  if (name == "--requests") return options.requestsPerConnection = std::atoll(text), true;
  if (name == "--memory") return options.memoryMiB = value, true;
  if (name == "--pid") return options.brokerPid = value, true;
  return false;
}

bool setOther(Options& options, std::string_view name, const char* text) {
  if (name == "--topic") return options.topic = text, true;
  if (name == "--config") return options.config = text, true;
  if (name == "--warm-up") return options.warmUpS = std::atof(text), true;
  if (name == "--seconds") return options.measureS = std::atof(text), true;
  if (name == "--rate") return options.requestsPerSecond = std::atof(text), true;
  return false;
}

}  // namespace

Options readOptions(int argc, char** argv) {
  if (argc < 2 || argc % 2 != 0) fail(kUsage);
  Options options;
  options.command = commandOf(argv[1]);
  for (int i = 2; i < argc; i += 2) {
    if (!setInteger(options, argv[i], argv[i + 1]) && !setOther(options, argv[i], argv[i + 1])) fail(kUsage);
  }
  if (options.port == 0 && options.command != Command::kTouchMemory) fail(kUsage);
  return options;
}

}  // namespace bench
