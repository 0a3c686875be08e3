#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"
#include "flusher.h"
#include "log.h"
#include "requests.h"

namespace bench {

struct ServerOptions {
  uint16_t port = 0;
  std::string dataDir;
  int32_t partitionCount = 16;
  /** Answers wait for fdatasync. */
  bool isGroupCommit = false;
};

/**
 * As little as can serve Produce and Fetch on one thread: no topics, no offsets kept over a restart, no clean-up. One
 * pass over the ready connections reads and checks, one pwritev for each touched log writes, then all are answered.
 */
class Server {
 public:
  explicit Server(const ServerOptions& options);
  [[noreturn]] void run();

 private:
  void listenOn(uint16_t port);
  void watch(int fd, void* data, uint32_t events, int operation);
  void accept();
  void read(Connection& connection);
  void takeFrame(Connection& connection, uint8_t* frame, size_t sizeBytes);
  void produce(Connection& connection, Reader& reader, int32_t correlationId);
  int64_t append(int32_t partitionIndex, uint8_t* batch, size_t sizeBytes);
  void fetch(Connection& connection, Reader& reader, int32_t correlationId);
  Log& logOf(int32_t partitionIndex);
  void endPass();
  void hold();
  void release();
  void send(Connection& connection);
  void drop(Connection& connection);

  ServerOptions options_;
  int epollFd_;
  int listenFd_ = -1;
  std::vector<std::unique_ptr<Log>> logs_;
  std::vector<Log*> touched_;
  std::vector<Connection*> ready_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::unique_ptr<Flusher> flusher_;
};

}  // namespace bench
