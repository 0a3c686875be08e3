#include "server.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "crc32c.h"
#include "fail.h"
#include "socket.h"

namespace bench {
namespace {

constexpr int kEventsMax = 256;
constexpr int kBacklog = 512;
constexpr size_t kBatchHeaderBytes = 61;
constexpr size_t kCrcAt = 17;
constexpr size_t kCrcCoversFrom = 21;
constexpr int16_t kCorruptMessage = 2;
/** Below this, reading into the answer costs less than sendfile's extra calls. */
constexpr size_t kSendfileMinBytes = 32 * 1024;
constexpr size_t kFetchHeadMaxBytes = 128;

bool isIntact(const uint8_t* batch, size_t sizeBytes) {
  if (sizeBytes < kBatchHeaderBytes) return false;
  const auto expected = static_cast<uint32_t>(Reader(batch + kCrcAt, sizeof(uint32_t)).int32());
  return ottla::records::crc32c(0, batch + kCrcCoversFrom, sizeBytes - kCrcCoversFrom) == expected;
}

}  // namespace

Server::Server(const ServerOptions& options) : options_(options), epollFd_(epoll_create1(EPOLL_CLOEXEC)) {
  for (int32_t index = 0; index < options.partitionCount; index += 1) {
    logs_.push_back(std::make_unique<Log>(options.dataDir + "/" + std::to_string(index) + ".log"));
  }
  listenOn(options.port);
  watch(listenFd_, &listenFd_, EPOLLIN, EPOLL_CTL_ADD);
  if (!options.isGroupCommit) return;
  flusher_ = std::make_unique<Flusher>();
  watch(flusher_->eventFd(), flusher_.get(), EPOLLIN, EPOLL_CTL_ADD);
}

void Server::listenOn(uint16_t port) {
  listenFd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(listenFd_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const sockaddr_in address = loopback(port);
  if (bind(listenFd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) failWithErrno("bind");
  if (listen(listenFd_, kBacklog) != 0) failWithErrno("listen");
}

void Server::watch(int fd, void* data, uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  if (epoll_ctl(epollFd_, operation, fd, &event) != 0) failWithErrno("epoll_ctl");
}

void Server::run() {
  epoll_event events[kEventsMax];
  for (;;) {
    const int count = epoll_wait(epollFd_, events, kEventsMax, -1);
    for (int i = 0; i < count; i += 1) {
      void* source = events[i].data.ptr;
      if (source == &listenFd_) {
        accept();
      } else if (source == flusher_.get()) {
        release();
      } else {
        read(*static_cast<Connection*>(source));
      }
    }
    endPass();
  }
}

void Server::accept() {
  const int fd = accept4(listenFd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  setNoDelay(fd);
  auto connection = std::make_unique<Connection>();
  connection->fd = fd;
  watch(fd, connection.get(), EPOLLIN, EPOLL_CTL_ADD);
  connections_.push_back(std::move(connection));
}

void Server::read(Connection& connection) {
  if (connection.input.receive(connection.fd)) {
    ready_.push_back(&connection);
    size_t sizeBytes = 0;
    while (uint8_t* frame = connection.input.nextFrame(sizeBytes)) takeFrame(connection, frame, sizeBytes);
  } else {
    drop(connection);
  }
}

void Server::takeFrame(Connection& connection, uint8_t* frame, size_t sizeBytes) {
  Reader reader(frame, sizeBytes);
  const RequestHeader header = readHeader(reader);
  if (header.apiKey == kProduceKey && header.apiVersion == kProduceVersion) {
    produce(connection, reader, header.correlationId);
  } else if (header.apiKey == kFetchKey && header.apiVersion == kFetchVersion) {
    fetch(connection, reader, header.correlationId);
  } else {
    fail("only Produce 9 and Fetch 12 are served");
  }
}

void Server::produce(Connection& connection, Reader& reader, int32_t correlationId) {
  reader.compactString();  // transactional id
  reader.skip(2 + 4);      // acks, timeout
  reader.compactArray();
  const std::string_view topic = reader.compactString();
  const size_t partitionCount = reader.compactArray();
  Frame frame(flusher_ ? connection.fresh : connection.output.tail(), produceAnswerMaxBytes(topic, partitionCount));
  writeProduceHead(frame.writer, correlationId, topic, partitionCount);
  for (size_t i = 0; i < partitionCount && reader.ok(); i += 1) {
    const int32_t partitionIndex = reader.int32();
    const size_t batchBytes = reader.compactArray();
    auto* batch = const_cast<uint8_t*>(reader.at());
    reader.skip(batchBytes);
    reader.tags();
    if (!reader.ok()) fail("a Produce request ends early");
    const int64_t baseOffset = append(partitionIndex, batch, batchBytes);
    writeProducePartition(frame.writer, partitionIndex, baseOffset < 0 ? kCorruptMessage : 0, baseOffset);
  }
  writeProduceTail(frame.writer);
}

Log& Server::logOf(int32_t partitionIndex) {
  if (static_cast<size_t>(partitionIndex) >= logs_.size()) fail("no such partition");
  return *logs_[static_cast<size_t>(partitionIndex)];
}

int64_t Server::append(int32_t partitionIndex, uint8_t* batch, size_t sizeBytes) {
  if (!isIntact(batch, sizeBytes)) return -1;
  Log& log = logOf(partitionIndex);
  if (!log.isStaged()) touched_.push_back(&log);
  return log.stage(batch, sizeBytes);
}

void Server::fetch(Connection& connection, Reader& reader, int32_t correlationId) {
  const FetchRequest request = readFetch(reader);
  Log& log = logOf(request.partitionIndex);
  const Log::Range range = log.find(request.fetchOffset, request.maxBytes);
  const bool isCopied = range.sizeBytes < kSendfileMinBytes;
  const size_t laterBytes = range.sizeBytes + kFetchTailBytes;
  const size_t headMaxBytes = kFetchHeadMaxBytes + request.topic.size();
  Bytes& head = connection.output.tail();
  {
    Frame frame(head, headMaxBytes + (isCopied ? laterBytes : 0));
    writeFetchHead(frame, correlationId, request, log.endOffset(), range.sizeBytes);
    if (isCopied) {
      const ssize_t got = pread(log.fd(), frame.writer.at(), range.sizeBytes, range.position);
      if (got != static_cast<ssize_t>(range.sizeBytes)) failWithErrno("pread");
      frame.writer = Writer(frame.writer.at() + got);
      for (size_t i = 0; i < kFetchTailBytes; i += 1) frame.writer.noTags();
    } else {
      frame.addLater(laterBytes);
    }
  }
  if (isCopied) return;
  connection.output.addFile(log.fd(), range.position, range.sizeBytes);
  connection.output.tail().resize(kFetchTailBytes);
}

void Server::endPass() {
  for (Log* log : touched_) log->write();
  if (flusher_ && !touched_.empty()) hold();
  touched_.clear();
  for (Connection* connection : ready_) {
    connection->input.compact();
    send(*connection);
  }
  ready_.clear();
}

void Server::hold() {
  std::vector<int> fds;
  for (const Log* log : touched_) fds.push_back(log->fd());
  const uint64_t round = flusher_->request(fds);
  for (Connection* connection : ready_) {
    if (!connection->fresh.empty()) connection->held.push_back({round, std::exchange(connection->fresh, {})});
  }
}

void Server::release() {
  uint64_t count;
  if (::read(flusher_->eventFd(), &count, sizeof count) != sizeof count) return;
  const uint64_t ended = flusher_->ended();
  for (const auto& connection : connections_) {
    auto& held = connection->held;
    for (; !held.empty() && held.front().round <= ended; held.pop_front()) {
      Bytes& tail = connection->output.tail();
      tail.insert(tail.end(), held.front().answers.begin(), held.front().answers.end());
    }
    send(*connection);
  }
}

void Server::send(Connection& connection) {
  const bool waits = !connection.output.isEmpty() && !connection.output.send(connection.fd);
  if (waits == connection.waitsForRoom) return;
  connection.waitsForRoom = waits;
  watch(connection.fd, &connection, EPOLLIN | (waits ? EPOLLOUT : 0u), EPOLL_CTL_MOD);
}

void Server::drop(Connection& connection) {
  close(connection.fd);
  std::erase_if(connections_, [&](const auto& candidate) { return candidate.get() == &connection; });
}

}  // namespace bench
