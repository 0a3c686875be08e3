// A load generator for whatever speaks Kafka's protocol; `load` alone prints how it is called.
#include "run.h"
#include "topic.h"
#include "touch-memory.h"

int main(int argc, char** argv) {
  const bench::Options options = bench::readOptions(argc, argv);
  if (options.command == bench::Command::kCreate) {
    bench::createTopic(options);
    return 0;
  }
  if (options.command == bench::Command::kDelete) {
    bench::deleteTopic(options);
    return 0;
  }
  if (options.command == bench::Command::kTouchMemory) {
    bench::touchMemory(options.memoryMiB);
    return 0;
  }
  return bench::Run(options).run();
}
