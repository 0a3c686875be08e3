#include "options.h"

#include <cstdlib>
#include <string_view>

#include "fail.h"

namespace bench {
namespace {

constexpr const char* kUsage =
    "load create|delete|produce|fetch|tail|session|idle --port N [--topic NAME] [--config KEY=VALUE]\n"
    "  [--partitions N] [--connections N] [--in-flight N] [--records N] [--record-bytes N] [--batch-file PATH]\n"
    "  [--partitions-per-request N] [--rotate 0|1] [--idle-connections N] [--fetch-bytes N] [--end-offset N]\n"
    "  [--once 0|1] [--warm-up S] [--seconds S] [--rate N] [--requests N] [--pid N]\n"
    "load sync --directory PATH [--records N] [--record-bytes N] [--warm-up S] [--seconds S]\n"
    "load drop-cache --directory PATH\n"
    "load touch-memory --memory MIB";

struct CommandName {
  std::string_view name;
  Command command;
};

constexpr CommandName kCommands[] = {
    {"create", Command::kCreate},         {"delete", Command::kDelete},   {"produce", Command::kProduce},
    {"fetch", Command::kFetch},           {"tail", Command::kTail},       {"session", Command::kSession},
    {"idle", Command::kIdle},             {"sync", Command::kSync},       {"drop-cache", Command::kDropCache},
    {"touch-memory", Command::kTouchMemory},
};

Command commandOf(std::string_view name) {
  for (const CommandName& each : kCommands) {
    if (each.name == name) return each.command;
  }
  fail(kUsage);
}

bool hasBroker(Command command) {
  return command != Command::kTouchMemory && command != Command::kSync && command != Command::kDropCache;
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
  if (name == "--rotate") return options.isRotating = value != 0, true;
  if (name == "--idle-connections") return options.idleConnectionCount = value, true;
  if (name == "--fetch-bytes") return options.fetchMaxBytes = value, true;
  if (name == "--end-offset") return options.fetchEndOffset = std::atoll(text), true;
  if (name == "--once") return options.isFetchedOnce = value != 0, true;
  if (name == "--requests") return options.requestsPerConnection = std::atoll(text), true;
  if (name == "--memory") return options.memoryMiB = value, true;
  if (name == "--pid") return options.brokerPid = value, true;
  return false;
}

bool setOther(Options& options, std::string_view name, const char* text) {
  if (name == "--topic") return options.topic = text, true;
  if (name == "--config") return options.config = text, true;
  if (name == "--batch-file") return options.batchFile = text, true;
  if (name == "--directory") return options.directory = text, true;
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
  if (options.port == 0 && hasBroker(options.command)) fail(kUsage);
  return options;
}

}  // namespace bench
