#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/** One partition: a file that grows, and where each of its batches starts. */
class Log {
 public:
  explicit Log(const std::string& path);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  int fd() const { return fd_; }
  int64_t endOffset() const { return endOffset_; }
  bool isStaged() const { return !staged_.empty(); }

  /** Puts the base offset into the batch, which must stay where it is until `write`; answers the base offset. */
  int64_t stage(uint8_t* batch, size_t sizeBytes);
  /** Writes all that is staged in one call. */
  void write();

  struct Range {
    int64_t position;
    size_t sizeBytes;
  };
  /** Bytes from the batch that holds the offset; never less than that batch, if there is one. */
  Range find(int64_t offset, size_t maxBytes) const;

 private:
  struct Entry {
    int64_t baseOffset;
    int64_t position;
  };

  int fd_;
  int64_t endOffset_ = 0;
  int64_t endPosition_ = 0;
  int64_t writtenPosition_ = 0;
  std::vector<Entry> entries_;
  std::vector<iovec> staged_;
};

}  // namespace bench
