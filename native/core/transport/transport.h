#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "../disk/file-table.h"
#include "connection.h"
#include "frame-reader.h"
#include "range-warmer.h"

namespace ottla::transport {

struct TransportOptions {
  size_t frameSizeMaxBytes;
  size_t requestMemoryMaxBytes;
  size_t connectionsMax;
  size_t sendQueueHighWaterBytes;
};

/** Called from the loop, never from within a call of the owner's. */
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  virtual void onConnection(int32_t connectionId, int32_t listenerId, const Address& remote) = 0;
  /** The rows that were handed to the constructor are filled. */
  virtual void onFrames(size_t rowCount) = 0;
  virtual void onClose(int32_t connectionId, CloseReason reason) = 0;
  virtual void onDrain(int32_t connectionId) = 0;
};

struct ConnectionState {
  /** Of an unfinished frame: what has been received, and its whole size as far as it is known. */
  size_t receivedBytes = 0;
  size_t frameSizeBytes = 0;
  size_t outBytes = 0;
  bool isRead = false;
};

/**
 * Listeners and connections on one libuv loop; everything happens on its thread. Sockets are read as they become
 * readable, and what they brought is delivered once per turn of the loop, after all of them. Reads no clock.
 */
class Transport {
 public:
  static constexpr size_t kSendRowLength = 6;
  /** File ranges up to this size are read into the out buffer: cheaper than a sendfile call of their own. */
  static constexpr size_t kCopyMaxBytes = 32 * 1024;
  static constexpr size_t kScratchBytes = 256 * 1024;

  /** `rows` has room for FrameReader::kRowsMax rows. */
  Transport(uv_loop_t* loop, const TransportOptions& options, TransportEvents& events, SlabMemory& memory,
            int32_t* rows, std::shared_ptr<disk::FileTable> files);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /** Answers the port or a negative errno. */
  int listen(const std::string& host, uint16_t port, int32_t listenerId);
  void stopAccepting();
  /** Rows as in src/base/transport.ts. False when a row lies outside the arena (nothing after it is sent). */
  bool send(const uint8_t* arena, size_t arenaSizeBytes, const double* rows, size_t rowCount);
  void pauseReading(int32_t connectionId);
  void resumeReading(int32_t connectionId);
  void closeConnection(int32_t connectionId, bool drain);
  bool retainSlab(int32_t slabIndex) { return reader_.retain(slabIndex); }
  bool releaseSlab(int32_t slabIndex);
  bool connectionState(int32_t connectionId, ConnectionState& state) const;
  bool isShortOfMemory() const { return reader_.isStarved(); }
  size_t slabMemoryBytes() const { return reader_.slabMemoryBytes(); }
  /** No event after this. `onClosed` comes from the loop when the object may be deleted. */
  void close(std::function<void()> onClosed);

 private:
  struct Listener {
    uv_poll_t poll{};
    Transport* transport = nullptr;
    int socket = -1;
    int32_t id = 0;
    bool polling = false;
  };
  struct Closed {
    int32_t connectionId;
    CloseReason reason;
  };
  struct Opened {
    int32_t connectionId;
    int32_t listenerId;
    Address remote;
  };
  class Gather;

  static void onListenerReady(uv_poll_t* poll, int status, int events);
  static void onConnectionReady(uv_poll_t* poll, int status, int events);
  void startAccepting(Listener& listener);
  void accept(Listener& listener);
  bool adopt(int socket, const sockaddr_storage& remote, int32_t listenerId);
  void retryAccept();
  void readConnection(Connection& connection);
  void writeConnection(Connection& connection);
  void sendRow(Connection& connection, Gather& gather, const double* row, const uint8_t* arena);
  void sendFileRange(Connection& connection, Gather& gather, std::shared_ptr<disk::File> file, int64_t position,
                     size_t sizeBytes);
  void afterSend(Connection& connection);
  void afterDrained(Connection& connection);
  void updatePoll(Connection& connection);
  void readAgainSoon(Connection& connection);
  void readGranted();
  void end(Connection& connection, CloseReason reason);
  void deliver();
  void schedule();
  void turn();
  void closeHandle(uv_handle_t* handle, uv_close_cb callback);
  void handleClosed();
  void finishClose();
  void warm(Connection& connection);
  void onWarm(int32_t connectionId);
  Connection* find(int32_t connectionId) const;

  uv_loop_t* const loop_;
  const TransportOptions options_;
  TransportEvents& events_;
  FrameReader reader_;
  const std::shared_ptr<disk::FileTable> files_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unordered_map<int32_t, Connection*> connections_;
  int32_t lastConnectionId_ = 0;
  uv_check_t check_{};
  uv_idle_t idle_{};
  /** Runs at the end of each turn of the loop; the idle handle only keeps the loop from waiting. */
  bool scheduled_ = false;
  bool acceptPaused_ = false;
  bool delivering_ = false;
  bool closed_ = false;
  std::vector<Opened> opened_;
  std::vector<Closed> ended_;
  std::vector<int32_t> drained_;
  std::vector<int32_t> toRead_;
  std::vector<Connection*> granted_;
  std::vector<uint8_t> scratch_;
  RangeWarmer warmer_;
  size_t handlesOpen_ = 0;
  std::function<void()> onClosed_;
};

}  // namespace ottla::transport
