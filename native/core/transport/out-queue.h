#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "../disk/file-table.h"

namespace ottla::transport {

/** What could not be written to a socket at once: copied bytes and file ranges, in order. */
class OutQueue {
 public:
  enum class Result { kEmpty, kBlocked, kCold, kFailed };
  /** So much of a file is looked for in memory at a time, and read when it is not there. */
  static constexpr size_t kWarmBytes = 1024 * 1024;

  bool empty() const { return items_.empty(); }
  size_t sizeBytes() const { return sizeBytes_; }
  void pushBytes(const uint8_t* bytes, size_t sizeBytes);
  void pushFile(std::shared_ptr<disk::File> file, int64_t position, size_t sizeBytes);
  /**
   * Writes until the socket takes no more or `maxBytes` have left (then kBlocked as well). kCold: what comes next may
   * be on the disk only; whoever reads `coldRange` says so with `warmed`.
   */
  Result flush(int socket, size_t maxBytes);
  struct Range {
    std::shared_ptr<disk::File> file;
    int64_t position;
    size_t sizeBytes;
  };
  Range coldRange() const;
  /** `coldRange` was read, or can't be; it is not looked for again. */
  void warmed();
  void clear();

 private:
  struct Item {
    std::vector<uint8_t> bytes;
    size_t start = 0;
    std::shared_ptr<disk::File> file;
    int64_t position = 0;
    size_t fileBytes = 0;
    /** Leading bytes of the range that are taken for being in memory. */
    size_t warmBytes = 0;
  };
  bool isFrontCold();
  int64_t writeFront(int socket);
  void drop(size_t sizeBytes);

  std::deque<Item> items_;
  size_t sizeBytes_ = 0;
};

/** sendmsg without a signal. Answers what was written, 0 when the socket is full, or a negative errno. */
int64_t writeSome(int socket, iovec* buffers, size_t count, bool moreFollows);

/** sendfile. Answers what was sent, 0 when the socket is full, or a negative errno (ENODATA: the file ended early). */
int64_t sendFileSome(int socket, int file, int64_t position, size_t sizeBytes);

}  // namespace ottla::transport
