#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace bench {

using Bytes = std::vector<uint8_t>;

/** What arrived and is not yet taken. Frames stay where they are until `compact`. */
class Input {
 public:
  /** One recv. False when the peer has closed. */
  bool receive(int fd);
  /** The next whole frame behind its size, or null. */
  uint8_t* nextFrame(size_t& sizeBytes);
  void compact();

 private:
  size_t wantedBytes() const;

  Bytes bytes_;
  size_t readBytes_ = 16 * 1024;
  size_t start_ = 0;
  size_t end_ = 0;
};

/** Answers on their way to the socket: bytes, or a range of a file. */
class Output {
 public:
  /** Where bytes can be added. */
  Bytes& tail();
  void addFile(int fileFd, int64_t position, size_t sizeBytes);
  bool isEmpty() const { return pieces_.empty(); }
  /** Sends until the socket blocks; true when all is gone. */
  bool send(int socketFd);

 private:
  struct Piece {
    Bytes bytes;
    int fileFd = -1;
    int64_t position = 0;
    size_t leftBytes = 0;
  };
  enum class Sent { kAll, kSome, kBlocked };
  Sent sendFront(int socketFd);

  std::deque<Piece> pieces_;
  size_t frontSentBytes_ = 0;
};

struct Connection {
  /** Answers that wait for the end of a round of group commit. */
  struct Held {
    uint64_t round;
    Bytes answers;
  };

  int fd;
  bool waitsForRoom = false;
  Input input;
  Output output;
  Bytes fresh;
  std::deque<Held> held;
};

}  // namespace bench
