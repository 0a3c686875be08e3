#include "../core/transport/transport.h"

#include <napi.h>
#include <uv.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "environment.h"
#include "napi-errno.h"
#include "register.h"

namespace ottla {
namespace {

using transport::Address;
using transport::CloseReason;
using transport::FrameReader;
using transport::Transport;
using transport::TransportOptions;

uv_loop_t* loopOf(Napi::Env env) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  return loop;
}

/**
 * A transport and its JavaScript side. Lives until libuv has closed the last handle, also when the environment ends
 * before JavaScript closed it: the environment waits for its hook.
 */
class TransportBinding final : public transport::TransportEvents, public transport::SlabMemory {
 public:
  TransportBinding(Napi::Env env, const TransportOptions& options, Napi::Object events)
      : env_(env),
        context_(env, "ottla-transport"),
        onConnection_(Napi::Persistent(events.Get("onConnection").As<Napi::Function>())),
        onFrames_(Napi::Persistent(events.Get("onFrames").As<Napi::Function>())),
        onClose_(Napi::Persistent(events.Get("onClose").As<Napi::Function>())),
        onDrain_(Napi::Persistent(events.Get("onDrain").As<Napi::Function>())),
        receiver_(Napi::Persistent(Napi::Object::New(env))),
        rows_(Napi::Persistent(Napi::Int32Array::New(env, FrameReader::kRowsMax * FrameReader::kRowLength))),
        slabs_(Napi::Persistent(Napi::Array::New(env).As<Napi::Object>())),
        core_(std::make_unique<Transport>(loopOf(env), options, *this, *this, rows_.Value().Data(),
                                          environmentOf(env).files)) {
    napi_add_async_cleanup_hook(env, &TransportBinding::environmentEnds, this, &hook_);
  }

  Transport& core() { return *core_; }

  /** The object deletes itself once libuv is done with it. */
  void close() {
    if (closing_) return;
    closing_ = true;
    core_->close([this] { finish(); });
  }

  void onConnection(int32_t connectionId, int32_t listenerId, const Address& remote) override {
    const Napi::HandleScope scope(env_);
    call(onConnection_, {Napi::Number::New(env_, connectionId), Napi::Number::New(env_, listenerId),
                         Napi::String::New(env_, remote.host), Napi::Number::New(env_, remote.port)});
  }
  void onFrames(size_t rowCount) override {
    const Napi::HandleScope scope(env_);
    call(onFrames_, {rows_.Value(), Napi::Number::New(env_, static_cast<double>(rowCount)), slabs_.Value()});
  }
  void onClose(int32_t connectionId, CloseReason reason) override {
    const Napi::HandleScope scope(env_);
    call(onClose_, {Napi::Number::New(env_, connectionId), Napi::Number::New(env_, static_cast<int32_t>(reason))});
  }
  void onDrain(int32_t connectionId) override {
    const Napi::HandleScope scope(env_);
    call(onDrain_, {Napi::Number::New(env_, connectionId)});
  }

  uint8_t* allocateSlab(int32_t index, size_t sizeBytes) override {
    const Napi::HandleScope scope(env_);
    void* bytes = nullptr;
    napi_value buffer = nullptr;
    napi_value view = nullptr;
    if (napi_create_arraybuffer(env_, sizeBytes, &bytes, &buffer) != napi_ok) return discardException();
    if (napi_create_typedarray(env_, napi_uint8_array, sizeBytes, buffer, 0, &view) != napi_ok)
      return discardException();
    slabs_.Value().Set(static_cast<uint32_t>(index), Napi::Value(env_, view));
    return static_cast<uint8_t*>(bytes);
  }

  /** Detached, so that the memory goes now and a view that somebody kept is empty, not dangling. */
  void freeSlab(int32_t index) override {
    if (environmentEnds_) return;
    const Napi::HandleScope scope(env_);
    const Napi::Object slabs = slabs_.Value();
    slabs.Get(static_cast<uint32_t>(index)).As<Napi::Uint8Array>().ArrayBuffer().Detach();
    slabs_.Value().Set(static_cast<uint32_t>(index), env_.Undefined());
  }

 private:
  static void environmentEnds(napi_async_cleanup_hook_handle, void* data) {
    auto* const self = static_cast<TransportBinding*>(data);
    self->environmentEnds_ = true;
    self->close();
  }

  void finish() {
    const napi_async_cleanup_hook_handle hook = hook_;
    delete this;
    napi_remove_async_cleanup_hook(hook);
  }

  void call(const Napi::FunctionReference& function, const std::initializer_list<napi_value>& args) {
    // Not MakeCallback of node-addon-api: it aborts when a worker thread is ended while JavaScript is running.
    napi_make_callback(env_, context_, receiver_.Value(), function.Value(), args.size(), args.begin(), nullptr);
    bool thrown = false;
    napi_is_exception_pending(env_, &thrown);
    // An exception of a callback is a broken invariant of the owner: nobody up the stack could handle it.
    napi_value exception;
    if (thrown && napi_get_and_clear_last_exception(env_, &exception) == napi_ok) napi_fatal_exception(env_, exception);
  }

  uint8_t* discardException() {
    if (env_.IsExceptionPending()) env_.GetAndClearPendingException();
    return nullptr;
  }

  const Napi::Env env_;
  const Napi::AsyncContext context_;
  const Napi::FunctionReference onConnection_;
  const Napi::FunctionReference onFrames_;
  const Napi::FunctionReference onClose_;
  const Napi::FunctionReference onDrain_;
  const Napi::ObjectReference receiver_;
  const Napi::Reference<Napi::Int32Array> rows_;
  Napi::ObjectReference slabs_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  bool closing_ = false;
  bool environmentEnds_ = false;
  // Last, so that it is destroyed first: it gives its slabs back to this object.
  std::unique_ptr<Transport> core_;
};

/** The open transports of one environment; a number is not used twice. */
struct TransportTable {
  std::vector<TransportBinding*> transports;
};

int32_t integerAt(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Number>().Int32Value(); }

size_t sizeOf(const Napi::Object& options, const char* name) {
  return static_cast<size_t>(options.Get(name).As<Napi::Number>().Int64Value());
}

/** Null, and EBADF thrown, when the first argument names no open transport. */
TransportBinding* transportOf(const Napi::CallbackInfo& info) {
  const std::vector<TransportBinding*>& transports = static_cast<TransportTable*>(info.Data())->transports;
  const int32_t handle = integerAt(info, 0);
  if (handle >= 0 && static_cast<size_t>(handle) < transports.size()) {
    TransportBinding* const found = transports[static_cast<size_t>(handle)];
    if (found != nullptr) return found;
  }
  throwSystemError(info.Env(), EBADF, "transport");
  return nullptr;
}

Napi::Value transportOpen(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const TransportOptions parsed = {sizeOf(options, "frameSizeMaxBytes"), sizeOf(options, "requestMemoryMaxBytes"),
                                   sizeOf(options, "connectionsMax"), sizeOf(options, "sendQueueHighWaterBytes")};
  auto* const binding = new TransportBinding(info.Env(), parsed, info[1].As<Napi::Object>());
  std::vector<TransportBinding*>& transports = static_cast<TransportTable*>(info.Data())->transports;
  transports.push_back(binding);
  return Napi::Number::New(info.Env(), static_cast<double>(transports.size() - 1));
}

Napi::Value transportListen(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding == nullptr) return info.Env().Undefined();
  const std::string host = info[1].As<Napi::String>().Utf8Value();
  const int result = binding->core().listen(host, static_cast<uint16_t>(integerAt(info, 2)), integerAt(info, 3));
  if (result < 0) throwSystemError(info.Env(), -result, "listen");
  return Napi::Number::New(info.Env(), result);
}

void transportStopAccepting(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding != nullptr) binding->core().stopAccepting();
}

void transportSend(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding == nullptr) return;
  Napi::Uint8Array arena = info[1].As<Napi::Uint8Array>();
  Napi::Float64Array rows = info[2].As<Napi::Float64Array>();
  const size_t rowCount = static_cast<size_t>(integerAt(info, 3));
  const bool fits = rowCount * Transport::kSendRowLength <= rows.ElementLength();
  if (!fits || !binding->core().send(arena.Data(), arena.ByteLength(), rows.Data(), rowCount)) {
    throwSystemError(info.Env(), EINVAL, "transportSend");
  }
}

void transportPauseReading(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding != nullptr) binding->core().pauseReading(integerAt(info, 1));
}

void transportResumeReading(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding != nullptr) binding->core().resumeReading(integerAt(info, 1));
}

void transportCloseConnection(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding != nullptr) binding->core().closeConnection(integerAt(info, 1), info[2].As<Napi::Boolean>().Value());
}

void transportRetainSlab(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding == nullptr) return;
  if (!binding->core().retainSlab(integerAt(info, 1))) throwSystemError(info.Env(), EINVAL, "transportRetainSlab");
}

void transportReleaseSlab(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding == nullptr) return;
  if (!binding->core().releaseSlab(integerAt(info, 1))) throwSystemError(info.Env(), EINVAL, "transportReleaseSlab");
}

Napi::Value transportConnectionState(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding == nullptr) return info.Env().Undefined();
  transport::ConnectionState state;
  const bool exists = binding->core().connectionState(integerAt(info, 1), state);
  Napi::Float64Array out = info[2].As<Napi::Float64Array>();
  const double numbers[] = {static_cast<double>(state.receivedBytes), static_cast<double>(state.frameSizeBytes),
                            static_cast<double>(state.outBytes), state.isRead ? 1.0 : 0.0};
  if (exists && out.ElementLength() >= std::size(numbers)) std::memcpy(out.Data(), numbers, sizeof numbers);
  return Napi::Boolean::New(info.Env(), exists);
}

Napi::Value transportIsShortOfMemory(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding == nullptr) return info.Env().Undefined();
  return Napi::Boolean::New(info.Env(), binding->core().isShortOfMemory());
}

void transportClose(const Napi::CallbackInfo& info) {
  TransportBinding* const binding = transportOf(info);
  if (binding == nullptr) return;
  static_cast<TransportTable*>(info.Data())->transports[static_cast<size_t>(integerAt(info, 0))] = nullptr;
  binding->close();
}

}  // namespace

void registerTransport(Napi::Env env, Napi::Object exports) {
  auto* const table = new TransportTable();
  napi_add_env_cleanup_hook(env, [](void* data) { delete static_cast<TransportTable*>(data); }, table);
  const auto set = [&](const char* name, auto function) {
    exports.Set(name, Napi::Function::New(env, function, name, table));
  };
  set("transportOpen", transportOpen);
  set("transportListen", transportListen);
  set("transportStopAccepting", transportStopAccepting);
  set("transportSend", transportSend);
  set("transportPauseReading", transportPauseReading);
  set("transportResumeReading", transportResumeReading);
  set("transportCloseConnection", transportCloseConnection);
  set("transportRetainSlab", transportRetainSlab);
  set("transportReleaseSlab", transportReleaseSlab);
  set("transportConnectionState", transportConnectionState);
  set("transportIsShortOfMemory", transportIsShortOfMemory);
  set("transportClose", transportClose);
}

}  // namespace ottla
