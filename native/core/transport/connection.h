#pragma once

#include <uv.h>

#include <cstdint>
#include <vector>

#include "address.h"
#include "out-queue.h"

namespace ottla::transport {

class Transport;

enum class CloseReason : int32_t { kPeer = 0, kOwner = 1, kFrameSize = 2, kError = 3, kConnectionLimit = 4 };

/** Why a connection is not read; several may hold at once. */
enum ReadBlock : uint8_t { kBlockedByOwner = 1, kBlockedByMemory = 2, kBlockedByAnswers = 4 };

/** One accepted socket. Its memory goes in the close callback of its poll handle. */
struct Connection {
  uv_poll_t poll{};
  Transport* transport = nullptr;
  int32_t id = 0;
  int socket = -1;
  int pollEvents = 0;
  uint8_t readBlocks = 0;
  /** Closes as soon as the out-queue is empty; not read any more. */
  bool draining = false;
  bool closed = false;
  /** A thread reads what is to be sent next; nothing is written meanwhile. */
  bool warming = false;

  /** Received bytes of no whole frame yet (or of whole ones while the request memory is full). */
  std::vector<uint8_t> pending;
  /** A frame too large for `pending` is received into a slab of its own; -1 for none. */
  int32_t partialSlab = -1;
  size_t partialSizeBytes = 0;
  size_t partialReceivedBytes = 0;
  /** The frame at the front has its share of the request memory. */
  bool frontReserved = false;
  size_t reservedBytes = 0;
  /** What is waited for in the queue for request memory; -1 when no size was read yet. */
  int64_t wantedBytes = -1;
  /** Had its turn in that queue: may read once though others wait. */
  bool granted = false;
  /** The frame before was large: read little beyond the front frame, since what follows it is copied. */
  bool expectsLarge = false;

  OutQueue out;
};

}  // namespace ottla::transport
