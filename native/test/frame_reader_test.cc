#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "../core/disk/backend.h"
#include "../core/transport/frame-reader.h"
#include "../core/transport/out-queue.h"
#include "../core/transport/poison.h"
#include "disk-faulting-backend.h"

using namespace ottla::transport;

namespace {

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
      std::exit(1);                                                            \
    }                                                                          \
  } while (false)

/** Freed slabs are really freed, so that the sanitizer sees who still reads them. */
class HeapSlabs final : public SlabMemory {
 public:
  uint8_t* allocateSlab(int32_t index, size_t sizeBytes) override {
    slabs_[index] = std::make_unique<uint8_t[]>(sizeBytes);
    return slabs_[index].get();
  }
  void freeSlab(int32_t index) override { slabs_.erase(index); }
  const uint8_t* at(int32_t index) { return slabs_.at(index).get(); }

 private:
  std::map<int32_t, std::unique_ptr<uint8_t[]>> slabs_;
};

struct World {
  World(size_t frameMaxBytes, size_t memoryMaxBytes)
      : rows(FrameReader::kRowsMax * FrameReader::kRowLength),
        reader(memory, frameMaxBytes, memoryMaxBytes, rows.data()) {}
  HeapSlabs memory;
  std::vector<int32_t> rows;
  FrameReader reader;
};

struct Peer {
  explicit Peer(int32_t id) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    socket = pair[0];
    connection.id = id;
    connection.socket = pair[1];
  }
  ~Peer() {
    close(socket);
    close(connection.socket);
  }
  int socket;
  Connection connection;
  std::vector<uint8_t> toSend;
  size_t sent = 0;
  std::vector<std::vector<uint8_t>> expected;
  size_t seen = 0;

  void addFrame(const std::vector<uint8_t>& body) {
    const auto size = static_cast<uint32_t>(body.size());
    for (int shift = 24; shift >= 0; shift -= 8) toSend.push_back(static_cast<uint8_t>(size >> shift));
    toSend.insert(toSend.end(), body.begin(), body.end());
    expected.push_back(body);
  }
  void sendSome(size_t maxBytes) {
    const size_t n = std::min(maxBytes, toSend.size() - sent);
    if (n == 0) return;
    const ssize_t written = send(socket, toSend.data() + sent, n, MSG_NOSIGNAL);
    if (written > 0) sent += static_cast<size_t>(written);
  }
};

struct Held {
  int32_t slabIndex;
  const uint8_t* bytes;
  std::vector<uint8_t> copy;
};

void checkRows(World& world, std::vector<std::unique_ptr<Peer>>& peers, std::vector<Held>& held, std::mt19937& random) {
  for (size_t i = 0; i < world.reader.rowCount(); i += 1) {
    const int32_t* const row = world.rows.data() + i * FrameReader::kRowLength;
    Peer& peer = *peers[static_cast<size_t>(row[0])];
    CHECK(peer.seen < peer.expected.size());
    const std::vector<uint8_t>& body = peer.expected[peer.seen++];
    CHECK(body.size() == static_cast<size_t>(row[3]));
    const uint8_t* const bytes = world.memory.at(row[1]) + row[2];
    CHECK(body.empty() || std::memcmp(bytes, body.data(), body.size()) == 0);
    if (random() % 8 != 0) continue;
    CHECK(world.reader.retain(row[1]));
    held.push_back({row[1], bytes, body});
  }
  world.reader.endWakeUp();
}

void releaseSome(World& world, std::vector<Held>& held, std::mt19937& random, bool all) {
  for (size_t i = 0; i < held.size();) {
    if (!all && random() % 3 != 0) {
      i += 1;
      continue;
    }
    CHECK(held[i].copy.empty() || std::memcmp(held[i].bytes, held[i].copy.data(), held[i].copy.size()) == 0);
    CHECK(world.reader.release(held[i].slabIndex));
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

/** Any frames, cut anywhere, held for any time, in any memory: all arrive whole, in order, and all memory goes back. */
void runSeed(unsigned seed) {
  std::mt19937 random(seed);
  const size_t frameMaxBytes = 1 << (8 + random() % 13);
  const size_t memoryMaxBytes = 1 << (6 + random() % 16);
  World world(frameMaxBytes, memoryMaxBytes);
  std::vector<std::unique_ptr<Peer>> peers;
  const int32_t peerCount = 1 + static_cast<int32_t>(random() % 6);
  for (int32_t id = 0; id < peerCount; id += 1) {
    Peer& peer = *peers.emplace_back(std::make_unique<Peer>(id));
    for (size_t i = 0, frames = random() % 40; i < frames; i += 1) {
      const size_t bound = random() % 4 == 0 ? frameMaxBytes + 1 : std::min<size_t>(frameMaxBytes, 300);
      const size_t size = random() % bound;
      std::vector<uint8_t> body(size);
      for (uint8_t& byte : body) byte = static_cast<uint8_t>(random());
      peer.addFrame(body);
    }
  }
  std::vector<Held> held;
  std::vector<Connection*> granted;
  for (int turn = 0; turn < 20'000; turn += 1) {
    bool isDone = true;
    for (const std::unique_ptr<Peer>& peer : peers) {
      peer->sendSome(1 + random() % (1 << (random() % 18)));
      if (random() % 3 != 0 && !world.reader.isFull()) CHECK(world.reader.read(peer->connection) == ReadResult::kOk);
      isDone = isDone && peer->seen == peer->expected.size();
    }
    checkRows(world, peers, held, random);
    releaseSome(world, held, random, turn % 16 == 0);
    granted.clear();
    world.reader.grantWaiters(granted);
    for (Connection* connection : granted) CHECK(world.reader.read(*connection) == ReadResult::kOk);
    if (isDone && world.reader.rowCount() == 0) break;
  }
  checkRows(world, peers, held, random);
  releaseSome(world, held, random, true);
  for (const std::unique_ptr<Peer>& peer : peers) CHECK(peer->seen == peer->expected.size());
  for (const std::unique_ptr<Peer>& peer : peers) world.reader.forget(peer->connection);
  CHECK(world.reader.usedMemoryBytes() == 0);
}

void badSizesEndTheConnection() {
  for (const uint32_t size : {0xffffffffu, 0x80000000u, 1001u}) {
    World world(1000, 100'000);
    Peer peer(0);
    peer.addFrame({1, 2, 3});
    for (int shift = 24; shift >= 0; shift -= 8) peer.toSend.push_back(static_cast<uint8_t>(size >> shift));
    peer.sendSome(1000);
    CHECK(world.reader.read(peer.connection) == ReadResult::kFrameSize);
    CHECK(world.reader.rowCount() == 1);
    world.reader.forget(peer.connection);
    world.reader.endWakeUp();
    CHECK(world.reader.usedMemoryBytes() == 0);
  }
}

void aFrameIsPoisonedOnceNobodyMayLookAtIt() {
  for (const size_t size : {size_t{100}, size_t{100'000}}) {
    World world(1 << 20, 1 << 20);
    Peer peer(0);
    peer.addFrame(std::vector<uint8_t>(size, 7));
    while (world.reader.rowCount() == 0) {
      peer.sendSome(1 << 16);
      CHECK(world.reader.read(peer.connection) == ReadResult::kOk);
    }
    const int32_t* const row = world.rows.data();
    const int32_t slabIndex = row[1];
    const uint8_t* const bytes = world.memory.at(slabIndex) + row[2];
    CHECK(world.reader.retain(slabIndex));
    world.reader.endWakeUp();
    CHECK(bytes[0] == 7 && bytes[size - 1] == 7);
    CHECK(world.reader.release(slabIndex));
    CHECK(bytes[0] == kPoison && bytes[size - 1] == kPoison);
    world.reader.forget(peer.connection);
  }
}

void aPeerThatIsGoneLeavesNothing() {
  World world(1 << 20, 1 << 20);
  size_t slabBytes = 0;
  for (int round = 0; round < 3; round += 1) {
    Peer peer(0);
    peer.addFrame(std::vector<uint8_t>(500'000, 7));
    peer.sendSome(50'000);
    CHECK(world.reader.read(peer.connection) == ReadResult::kOk);
    CHECK(world.reader.usedMemoryBytes() == 500'000);
    CHECK(round == 0 || world.reader.slabMemoryBytes() == slabBytes);
    slabBytes = world.reader.slabMemoryBytes();
    shutdown(peer.socket, SHUT_WR);
    CHECK(world.reader.read(peer.connection) == ReadResult::kPeerClosed);
    world.reader.forget(peer.connection);
    CHECK(world.reader.usedMemoryBytes() == 0);
  }
}

/** What one wake-up collects is bounded by its bytes, and by its rows. */
void aWakeUpIsBounded() {
  for (const size_t sizeBytes : {size_t{0}, size_t{10'000}}) {
    World world(1 << 20, 64 << 20);
    Peer peer(0);
    for (int i = 0; i < 5000; i += 1) peer.addFrame(std::vector<uint8_t>(sizeBytes, 1));
    while (!world.reader.isFull() && peer.sent < peer.toSend.size()) {
      peer.sendSome(64 * 1024);
      CHECK(world.reader.read(peer.connection) == ReadResult::kOk);
    }
    CHECK(world.reader.isFull());
    const size_t rowsMax = FrameReader::kRowsSoftMax + SlabPool::kSharedSizeBytes / 4;
    const size_t bytesMax = FrameReader::kWakeUpBytes + 2 * SlabPool::kSharedSizeBytes;
    CHECK(world.reader.rowCount() <= rowsMax && world.reader.rowCount() * sizeBytes <= bytesMax);
    world.reader.forget(peer.connection);
  }
}

/** The rows of this read are seen and let go. */
size_t readRows(World& world, Peer& peer) {
  CHECK(world.reader.read(peer.connection) == ReadResult::kOk);
  const size_t count = world.reader.rowCount();
  world.reader.endWakeUp();
  return count;
}

/** Bytes for the peer that it never read make the kernel reset the connection when it closes. */
void aResetIsAPeerThatIsGone() {
  World world(1000, 1000);
  Peer peer(0);
  CHECK(send(peer.connection.socket, "x", 1, MSG_NOSIGNAL) == 1);
  close(std::exchange(peer.socket, -1));
  CHECK(world.reader.read(peer.connection) == ReadResult::kPeerClosed);
}

void whoIsGoneWaitsForNoMemory() {
  World world(100'000, 100'000);
  Peer holder(0);
  holder.addFrame(std::vector<uint8_t>(100'000, 1));
  holder.sendSome(50'000);
  CHECK(readRows(world, holder) == 0);
  for (const size_t sizeBytes : {size_t{10}, size_t{50'000}}) {
    Peer waiter(1);
    waiter.addFrame(std::vector<uint8_t>(sizeBytes, 2));
    waiter.sendSome(100);
    CHECK(readRows(world, waiter) == 0 && world.reader.isStarved());
    world.reader.forget(waiter.connection);
    CHECK(!world.reader.isStarved());
  }
}

/** Or the memory would be held for as long as nobody reads the frame it is for. */
void whoIsNotReadWaitsForNoMemory() {
  World world(1 << 20, 1 << 20);
  Peer holder(0);
  holder.addFrame(std::vector<uint8_t>(800'000, 1));
  holder.sendSome(50'000);
  CHECK(readRows(world, holder) == 0);
  Peer paused(1);
  Peer other(2);
  for (Peer* const peer : {&paused, &other}) {
    peer->addFrame(std::vector<uint8_t>(500'000, 2));
    peer->sendSome(8);
    CHECK(readRows(world, *peer) == 0);
  }
  world.reader.leaveQueue(paused.connection);
  CHECK(world.reader.isStarved() && paused.connection.readBlocks == kBlockedByMemory);
  world.reader.forget(holder.connection);
  std::vector<Connection*> granted;
  world.reader.grantWaiters(granted);
  CHECK(granted.size() == 1 && granted[0] == &other.connection);
  CHECK(world.reader.usedMemoryBytes() == 500'000 && !world.reader.isStarved());
  world.reader.joinQueue(other.connection);
  CHECK(!world.reader.isStarved());
  world.reader.forget(other.connection);
  world.reader.joinQueue(paused.connection);
  world.reader.grantWaiters(granted);
  CHECK(granted.size() == 2 && granted[1] == &paused.connection && paused.connection.frontReserved);
  world.reader.forget(paused.connection);
  CHECK(world.reader.usedMemoryBytes() == 0);
}

/** What others bring while a slab is retained goes back without it. */
void aRetainedSlabHoldsOnlyItsOwnFrames() {
  World world(1 << 20, 1 << 20);
  Peer first(0);
  first.addFrame(std::vector<uint8_t>(100, 1));
  first.sendSome(104);
  CHECK(world.reader.read(first.connection) == ReadResult::kOk);
  const int32_t slabIndex = world.rows[1];
  CHECK(world.reader.retain(slabIndex));
  world.reader.endWakeUp();
  Peer second(1);
  second.addFrame(std::vector<uint8_t>(50, 2));
  second.sendSome(54);
  CHECK(readRows(world, second) == 1);
  CHECK(world.reader.usedMemoryBytes() == 100);
  CHECK(!world.reader.retain(world.rows[1]));
  CHECK(world.reader.release(slabIndex));
  CHECK(world.reader.usedMemoryBytes() == 0);
  CHECK(!world.reader.retain(slabIndex) && !world.reader.release(slabIndex));
}

/** Sizes are announced and nothing follows; small frames of others pass all the same, large ones in their turn. */
void largeFramesDoNotLockOutSmallOnes() {
  constexpr size_t kMemoryMaxBytes = 16 << 20;
  constexpr size_t kSmallBytes = 4 << 10;
  for (const size_t hogBytes : {size_t{5} << 20, size_t{100} << 20}) {
    World world(200 << 20, kMemoryMaxBytes);
    std::vector<std::unique_ptr<Peer>> hogs;
    for (int32_t id = 0; id < 4; id += 1) {
      Peer& hog = *hogs.emplace_back(std::make_unique<Peer>(id));
      hog.addFrame(std::vector<uint8_t>(hogBytes, 1));
      hog.sendSome(8);
      CHECK(readRows(world, hog) == 0);
    }
    CHECK(world.reader.isStarved());
    Peer honest(9);
    for (int i = 0; i < 1000; i += 1) {
      honest.addFrame(std::vector<uint8_t>(kSmallBytes, 2));
      honest.sendSome(2 * kSmallBytes);
      CHECK(readRows(world, honest) == 1);
    }
    Peer large(10);
    large.addFrame(std::vector<uint8_t>(kSmallBytes + 1, 3));
    large.sendSome(2 * kSmallBytes);
    CHECK(readRows(world, large) == 0);
    for (const std::unique_ptr<Peer>& hog : hogs) world.reader.forget(hog->connection);
    std::vector<Connection*> granted;
    CHECK(world.reader.canGrant());
    world.reader.grantWaiters(granted);
    CHECK(granted.size() == 1 && granted[0] == &large.connection);
    CHECK(readRows(world, large) == 1);
    CHECK(world.reader.usedMemoryBytes() == 0 && !world.reader.isStarved());
  }
}

/** A large frame that waits is not overtaken for ever by those that would find room. */
void noLargeFrameOvertakesAnother() {
  World world(1 << 20, 1 << 20);
  Peer holder(0);
  holder.addFrame(std::vector<uint8_t>(200'000, 1));
  holder.sendSome(50'000);
  CHECK(readRows(world, holder) == 0);
  Peer first(1);
  first.addFrame(std::vector<uint8_t>(900'000, 2));
  first.sendSome(8);
  CHECK(readRows(world, first) == 0);
  Peer second(2);
  second.addFrame(std::vector<uint8_t>(100'000, 3));
  second.sendSome(100'004);
  CHECK(readRows(world, second) == 0);
  CHECK(world.reader.usedMemoryBytes() == 200'000);
  world.reader.forget(holder.connection);
  std::vector<Connection*> granted;
  world.reader.grantWaiters(granted);
  CHECK(granted.size() == 1 && granted[0] == &first.connection);
  world.reader.forget(first.connection);
  world.reader.grantWaiters(granted);
  CHECK(granted.size() == 2 && granted[1] == &second.connection);
  CHECK(readRows(world, second) == 1);
  CHECK(world.reader.usedMemoryBytes() == 0);
}

/** More buffers than one call takes, then bytes and file ranges in turn, through a socket that takes little. */
void outQueueKeepsTheOrder() {
  constexpr int kBytesOnly = 3000;
  constexpr int kPushes = 3500;
  std::mt19937 random(1);
  Peer peer(0);
  const int roomBytes = 8 * 1024;
  CHECK(setsockopt(peer.connection.socket, SOL_SOCKET, SO_SNDBUF, &roomBytes, sizeof roomBytes) == 0);
  std::vector<uint8_t> content(200'000);
  for (uint8_t& byte : content) byte = static_cast<uint8_t>(random());
  const auto file = std::make_shared<ottla::disk::File>(ottla::disk::posixBackend(), memfd_create("range", 0), "");
  CHECK(write(file->fd(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  OutQueue queue;
  std::vector<uint8_t> expected;
  std::vector<uint8_t> received;
  for (int i = 0; i < kPushes || received.size() < expected.size(); i += 1) {
    if (i < kPushes) {
      const bool isFile = i >= kBytesOnly && i % 8 == 0;
      const size_t position = random() % 50'000;
      const size_t sizeBytes = random() % (isFile ? 150'000 : 3000);
      const uint8_t* const bytes = content.data() + position;
      if (isFile) queue.pushFile(file, static_cast<int64_t>(position), sizeBytes);
      if (!isFile) queue.pushBytes(bytes, sizeBytes);
      expected.insert(expected.end(), bytes, bytes + sizeBytes);
    }
    if (i < kBytesOnly) continue;
    CHECK(queue.flush(peer.connection.socket, 1 + random() % 100'000) != OutQueue::Result::kFailed);
    uint8_t into[5000];
    const ssize_t n = recv(peer.socket, into, sizeof into, 0);
    if (n > 0) received.insert(received.end(), into, into + n);
  }
  CHECK(queue.empty() && queue.sizeBytes() == 0);
  CHECK(received == expected);
  queue.pushFile(file, static_cast<int64_t>(content.size()) - 10, 20);
  CHECK(queue.flush(peer.connection.socket, 100) == OutQueue::Result::kFailed);
}

/** Says of all files whether they are in memory. */
class ForgetfulBackend final : public ottla::disk::FaultingBackend {
 public:
  ForgetfulBackend() : FaultingBackend(ottla::disk::posixBackend()) {}
  int64_t cachedPages(int, off_t, off_t) override { return hasForgotten ? 0 : INT64_MAX; }
  ssize_t preadCached(int, void*, size_t, off_t) override { return 1; }
  bool hasForgotten = false;
};

void outQueueSendsNothingThatIsOnTheDiskOnly() {
  Peer peer(1);
  ForgetfulBackend backend;
  const std::vector<uint8_t> content(3 * OutQueue::kWarmBytes, 7);
  const auto file = std::make_shared<ottla::disk::File>(backend, memfd_create("range", 0), "");
  CHECK(write(file->fd(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  OutQueue queue;
  queue.pushFile(file, 0, content.size());
  std::vector<uint8_t> into(OutQueue::kWarmBytes);
  const auto flushAll = [&] {
    OutQueue::Result result = OutQueue::Result::kBlocked;
    while (result == OutQueue::Result::kBlocked) {
      result = queue.flush(peer.connection.socket, content.size());
      while (recv(peer.socket, into.data(), into.size(), MSG_DONTWAIT) > 0) continue;
    }
    return result;
  };
  backend.hasForgotten = true;
  CHECK(flushAll() == OutQueue::Result::kCold && queue.sizeBytes() == content.size());
  CHECK(queue.coldRange().position == 0 && queue.coldRange().sizeBytes == OutQueue::kWarmBytes);
  queue.warmed();
  CHECK(flushAll() == OutQueue::Result::kCold && queue.sizeBytes() == content.size() - OutQueue::kWarmBytes);
  CHECK(queue.coldRange().position == static_cast<int64_t>(OutQueue::kWarmBytes));
  backend.hasForgotten = false;
  CHECK(flushAll() == OutQueue::Result::kEmpty);
}

}  // namespace

int main() {
  for (unsigned seed = 1; seed <= 150; seed += 1) runSeed(seed);
  badSizesEndTheConnection();
  aFrameIsPoisonedOnceNobodyMayLookAtIt();
  aPeerThatIsGoneLeavesNothing();
  aWakeUpIsBounded();
  aResetIsAPeerThatIsGone();
  whoIsGoneWaitsForNoMemory();
  whoIsNotReadWaitsForNoMemory();
  aRetainedSlabHoldsOnlyItsOwnFrames();
  largeFramesDoNotLockOutSmallOnes();
  noLargeFrameOvertakesAnother();
  outQueueKeepsTheOrder();
  outQueueSendsNothingThatIsOnTheDiskOnly();
  std::puts("frames: all passed");
  return 0;
}
