#include "transport.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <limits>

namespace ottla::transport {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr size_t kWritableBytes = 1024 * 1024;
constexpr int kDiscardReads = 16;

/** What the peer sent and nobody will read would make the kernel answer a close with a reset and cut our last bytes. */
void discardReceived(int socket) {
  uint8_t bytes[4096];
  for (int i = 0; i < kDiscardReads; i += 1) {
    if (recv(socket, bytes, sizeof bytes, MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace

Transport::Transport(uv_loop_t* loop, const TransportOptions& options, TransportEvents& events, SlabMemory& memory,
                     int32_t* rows, std::shared_ptr<disk::FileTable> files)
    : loop_(loop),
      options_(options),
      events_(events),
      reader_(memory, options.frameSizeMaxBytes, options.requestMemoryMaxBytes, rows),
      files_(std::move(files)),
      scratch_(kScratchBytes),
      warmer_(loop, [this](int32_t connectionId) { onWarm(connectionId); }) {
  uv_check_init(loop_, &check_);
  uv_idle_init(loop_, &idle_);
  check_.data = this;
  idle_.data = this;
  uv_check_start(&check_, [](uv_check_t* handle) { static_cast<Transport*>(handle->data)->turn(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&check_));
  handlesOpen_ = 2;
}

Transport::~Transport() { assert(closed_ && handlesOpen_ == 0 && warmer_.isIdle()); }

int Transport::listen(const std::string& host, uint16_t port, int32_t listenerId) {
  uint16_t boundPort = 0;
  const int socket = openListener(host, port, boundPort);
  if (socket < 0) return socket;
  auto listener = std::make_unique<Listener>();
  listener->transport = this;
  listener->socket = socket;
  listener->id = listenerId;
  listener->poll.data = listener.get();
  const int error = uv_poll_init(loop_, &listener->poll, socket);
  if (error != 0) {
    ::close(socket);
    return error;
  }
  handlesOpen_ += 1;
  startAccepting(*listener);
  listeners_.push_back(std::move(listener));
  return boundPort;
}

void Transport::startAccepting(Listener& listener) {
  uv_poll_start(&listener.poll, UV_READABLE, &Transport::onListenerReady);
  listener.polling = true;
}

void Transport::stopAccepting() {
  for (std::unique_ptr<Listener>& listener : listeners_) {
    Listener* const leaving = listener.release();
    closeHandle(reinterpret_cast<uv_handle_t*>(&leaving->poll), [](uv_handle_t* handle) {
      auto* const gone = static_cast<Listener*>(handle->data);
      Transport* const transport = gone->transport;
      delete gone;
      transport->handleClosed();
    });
    ::close(leaving->socket);
  }
  listeners_.clear();
  acceptPaused_ = false;
}

void Transport::onListenerReady(uv_poll_t* poll, int, int) {
  auto* const listener = static_cast<Listener*>(poll->data);
  listener->transport->accept(*listener);
}

void Transport::accept(Listener& listener) {
  for (int i = 0; i < kAcceptsPerTurn; i += 1) {
    sockaddr_storage remote{};
    socklen_t length = sizeof remote;
    const int socket =
        accept4(listener.socket, reinterpret_cast<sockaddr*>(&remote), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      if (adopt(socket, remote, listener.id)) continue;
      ::close(socket);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The kernel would report the waiting client for ever. Tried again in each turn of the loop.
      uv_poll_stop(&listener.poll);
      listener.polling = false;
      acceptPaused_ = true;
      return;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
  }
}

void Transport::retryAccept() {
  acceptPaused_ = false;
  for (const std::unique_ptr<Listener>& listener : listeners_) {
    if (listener->polling) continue;
    startAccepting(*listener);
    accept(*listener);
  }
}

/** False when the socket can't be taken; the caller closes it. */
bool Transport::adopt(int socket, const sockaddr_storage& remote, int32_t listenerId) {
  if (lastConnectionId_ == std::numeric_limits<int32_t>::max()) return false;
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto connection = std::make_unique<Connection>();
  connection->transport = this;
  connection->socket = socket;
  connection->poll.data = connection.get();
  if (uv_poll_init(loop_, &connection->poll, socket) != 0) return false;
  handlesOpen_ += 1;
  lastConnectionId_ += 1;
  connection->id = lastConnectionId_;
  opened_.push_back({connection->id, listenerId, formatAddress(remote)});
  Connection* const adopted = connection.release();
  connections_.emplace(adopted->id, adopted);
  if (connections_.size() > options_.connectionsMax) {
    end(*adopted, CloseReason::kConnectionLimit);
  } else {
    updatePoll(*adopted);
  }
  return true;
}

void Transport::onConnectionReady(uv_poll_t* poll, int status, int events) {
  auto* const connection = static_cast<Connection*>(poll->data);
  Transport* const transport = connection->transport;
  if (status < 0) {
    // libuv has stopped the handle. What came before the reset is still to be read.
    connection->pollEvents = 0;
    transport->readConnection(*connection);
    if (!connection->closed) transport->end(*connection, CloseReason::kPeer);
    return;
  }
  if ((events & UV_DISCONNECT) != 0) return transport->end(*connection, CloseReason::kPeer);
  if ((events & UV_WRITABLE) != 0) transport->writeConnection(*connection);
  if ((events & UV_READABLE) != 0 && !connection->closed) transport->readConnection(*connection);
}

void Transport::readConnection(Connection& connection) {
  if (reader_.isFull()) deliver();
  if (closed_ || connection.closed || connection.draining || connection.readBlocks != 0) return;
  const ReadResult result = reader_.read(connection);
  switch (result) {
    case ReadResult::kOk:
      return updatePoll(connection);
    case ReadResult::kPeerClosed:
      return end(connection, CloseReason::kPeer);
    case ReadResult::kFrameSize:
      return end(connection, CloseReason::kFrameSize);
    case ReadResult::kError:
      return end(connection, CloseReason::kError);
  }
}

void Transport::writeConnection(Connection& connection) {
  if (connection.out.empty() || connection.warming) return;
  switch (connection.out.flush(connection.socket, kWritableBytes)) {
    case OutQueue::Result::kFailed:
      return end(connection, CloseReason::kPeer);
    case OutQueue::Result::kCold:
      return warm(connection);
    case OutQueue::Result::kEmpty:
      return afterDrained(connection);
    case OutQueue::Result::kBlocked:
      return;
  }
}

/** sendfile would wait for the disk, and the loop with it. */
void Transport::warm(Connection& connection) {
  connection.warming = true;
  updatePoll(connection);
  const OutQueue::Range range = connection.out.coldRange();
  warmer_.warm(connection.id, range.file, range.position, static_cast<int64_t>(range.sizeBytes));
}

void Transport::onWarm(int32_t connectionId) {
  Connection* const connection = find(connectionId);
  if (connection != nullptr) {
    connection->warming = false;
    connection->out.warmed();
    updatePoll(*connection);
  }
  if (closed_) finishClose();
}

void Transport::afterDrained(Connection& connection) {
  if (connection.draining) {
    discardReceived(connection.socket);
    return end(connection, CloseReason::kOwner);
  }
  if ((connection.readBlocks & kBlockedByAnswers) != 0) {
    connection.readBlocks &= static_cast<uint8_t>(~kBlockedByAnswers);
    drained_.push_back(connection.id);
    readAgainSoon(connection);
  }
  updatePoll(connection);
}

void Transport::pauseReading(int32_t connectionId) {
  Connection* const connection = find(connectionId);
  if (connection == nullptr || (connection->readBlocks & kBlockedByOwner) != 0) return;
  connection->readBlocks |= kBlockedByOwner;
  reader_.leaveQueue(*connection);
  if (reader_.canGrant()) schedule();
  updatePoll(*connection);
}

void Transport::resumeReading(int32_t connectionId) {
  Connection* const connection = find(connectionId);
  if (connection == nullptr || (connection->readBlocks & kBlockedByOwner) == 0) return;
  connection->readBlocks &= static_cast<uint8_t>(~kBlockedByOwner);
  reader_.joinQueue(*connection);
  if (reader_.canGrant()) schedule();
  readAgainSoon(*connection);
  updatePoll(*connection);
}

/** Whole frames may lie in `pending`, of which the socket will tell nothing. */
void Transport::readAgainSoon(Connection& connection) {
  if (connection.readBlocks != 0 || connection.pending.empty()) return;
  toRead_.push_back(connection.id);
  schedule();
}

void Transport::closeConnection(int32_t connectionId, bool drain) {
  Connection* const connection = find(connectionId);
  if (connection == nullptr) return;
  if (!drain) return end(*connection, CloseReason::kOwner);
  connection->draining = true;
  if (connection->out.empty()) return afterDrained(*connection);
  updatePoll(*connection);
}

bool Transport::releaseSlab(int32_t slabIndex) {
  if (!reader_.release(slabIndex)) return false;
  if (reader_.canGrant()) schedule();
  return true;
}

bool Transport::connectionState(int32_t connectionId, ConnectionState& state) const {
  const Connection* const connection = find(connectionId);
  if (connection == nullptr) return false;
  const bool isPartial = connection->partialSlab >= 0;
  state.receivedBytes = isPartial ? connection->partialReceivedBytes : connection->pending.size();
  state.frameSizeBytes = isPartial ? connection->partialSizeBytes : connection->reservedBytes;
  state.outBytes = connection->out.sizeBytes();
  state.isRead = connection->readBlocks == 0 && !connection->draining;
  return true;
}

void Transport::updatePoll(Connection& connection) {
  if (connection.closed) return;
  const bool reads = connection.readBlocks == 0 && !connection.draining;
  const bool writes = !connection.out.empty() && !connection.warming;
  int wanted = (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0);
  // With neither, nobody would hear that the client has left, and a thread would read for it.
  if (connection.warming && !reads) wanted = UV_DISCONNECT;
  if (wanted == connection.pollEvents) return;
  connection.pollEvents = wanted;
  if (wanted == 0) {
    uv_poll_stop(&connection.poll);
  } else {
    uv_poll_start(&connection.poll, wanted, &Transport::onConnectionReady);
  }
}

void Transport::end(Connection& connection, CloseReason reason) {
  if (connection.closed) return;
  connection.closed = true;
  reader_.forget(connection);
  connection.out.clear();
  warmer_.forget(connection.id);
  connections_.erase(connection.id);
  ended_.push_back({connection.id, reason});
  closeHandle(reinterpret_cast<uv_handle_t*>(&connection.poll), [](uv_handle_t* handle) {
    auto* const gone = static_cast<Connection*>(handle->data);
    Transport* const transport = gone->transport;
    delete gone;
    transport->handleClosed();
  });
  ::close(connection.socket);
  schedule();
}

/** The end of a turn of the loop. */
void Transport::turn() {
  if (closed_) return;
  if (scheduled_) {
    scheduled_ = false;
    uv_idle_stop(&idle_);
  }
  if (acceptPaused_) retryAccept();
  readGranted();
  deliver();
}

/** Connections that were held back for memory or by the owner and have bytes already. */
void Transport::readGranted() {
  granted_.clear();
  reader_.grantWaiters(granted_);
  for (const Connection* connection : granted_) toRead_.push_back(connection->id);
  std::vector<int32_t> connectionIds;
  connectionIds.swap(toRead_);
  for (const int32_t connectionId : connectionIds) {
    Connection* const connection = find(connectionId);
    if (connection != nullptr) readConnection(*connection);
  }
}

void Transport::deliver() {
  if (delivering_ || closed_) return;
  delivering_ = true;
  const std::vector<Opened> opened = std::move(opened_);
  opened_.clear();
  for (const Opened& event : opened) {
    if (!closed_) events_.onConnection(event.connectionId, event.listenerId, event.remote);
  }
  if (!closed_ && reader_.rowCount() > 0) events_.onFrames(reader_.rowCount());
  reader_.endWakeUp();
  for (size_t i = 0; i < ended_.size() && !closed_; i += 1) {
    const Closed event = ended_[i];
    events_.onClose(event.connectionId, event.reason);
  }
  ended_.clear();
  for (size_t i = 0; i < drained_.size() && !closed_; i += 1) {
    const int32_t connectionId = drained_[i];
    if (find(connectionId) != nullptr) events_.onDrain(connectionId);
  }
  drained_.clear();
  delivering_ = false;
  if (!closed_ && reader_.canGrant()) schedule();
}

/** The loop's next turn comes without waiting for a socket. */
void Transport::schedule() {
  if (scheduled_ || closed_) return;
  scheduled_ = true;
  uv_idle_start(&idle_, [](uv_idle_t*) {});
}

void Transport::close(std::function<void()> onClosed) {
  assert(!closed_);
  stopAccepting();
  std::vector<Connection*> connections;
  for (const auto& entry : connections_) connections.push_back(entry.second);
  for (Connection* connection : connections) end(*connection, CloseReason::kOwner);
  closed_ = true;
  onClosed_ = std::move(onClosed);
  const auto closed = [](uv_handle_t* handle) { static_cast<Transport*>(handle->data)->handleClosed(); };
  closeHandle(reinterpret_cast<uv_handle_t*>(&check_), closed);
  closeHandle(reinterpret_cast<uv_handle_t*>(&idle_), closed);
}

void Transport::closeHandle(uv_handle_t* handle, uv_close_cb callback) { uv_close(handle, callback); }

void Transport::handleClosed() {
  handlesOpen_ -= 1;
  finishClose();
}

void Transport::finishClose() {
  if (handlesOpen_ > 0 || !warmer_.isIdle() || !onClosed_) return;
  // The callback deletes this object, and with it the member.
  const std::function<void()> onClosed = std::move(onClosed_);
  onClosed();
}

Connection* Transport::find(int32_t connectionId) const {
  const auto found = connections_.find(connectionId);
  return found == connections_.end() ? nullptr : found->second;
}

}  // namespace ottla::transport
