#include <napi.h>
#include <uv.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../core/disk/disk-queue.h"
#include "../core/disk/file-table.h"
#include "../core/disk/operations.h"
#include "../core/disk/residency.h"
#include "environment.h"
#include "register.h"

namespace ottla {
namespace {

using disk::DiskQueue;
using disk::File;
using disk::OpenMode;
using disk::QueueJob;
using disk::QueueOperation;

/**
 * A queue and the JavaScript side of it. Lives on the loop's thread; freed by the finalizer of its thread-safe
 * function, which is the last that can reach it.
 */
class QueueBinding {
 public:
  QueueBinding(Napi::Int32Array completions, Napi::Function onCompletions)
      : completions_(Napi::Persistent(completions)),
        onCompletions_(Napi::Persistent(onCompletions)),
        rows_(completions.Data()),
        capacity_(completions.ElementLength() / 2),
        queue_(disk::posixBackend(),
               [this] { napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking); }) {}

  /** Answers 0 or an errno; in the second case the object goes by itself. */
  int start(Napi::Env env) {
    const Napi::String name = Napi::String::New(env, "ottla-disk-queue");
    const napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr,
                                                               &QueueBinding::finalize, this, &QueueBinding::deliver,
                                                               &wake_);
    if (status != napi_ok) {
      delete this;
      return ENOMEM;
    }
    napi_unref_threadsafe_function(env, wake_);
    // Hooks run last in, first out: this one ends the thread before the thread-safe function is taken away.
    napi_add_env_cleanup_hook(env, &QueueBinding::endThread, this);
    const int error = queue_.start();
    if (error != 0) close(env);
    return error;
  }

  /** The process lives on while something is in flight. */
  void submit(Napi::Env env, QueueJob job) {
    if (inFlight_ == 0) napi_ref_threadsafe_function(env, wake_);
    inFlight_ += 1;
    queue_.submit(std::move(job));
  }

  /** Waits for what was submitted. Nothing is reported after this. */
  void close(Napi::Env env) {
    napi_remove_env_cleanup_hook(env, &QueueBinding::endThread, this);
    endThread(this);
    napi_unref_threadsafe_function(env, wake_);
    napi_release_threadsafe_function(wake_, napi_tsfn_abort);
  }

 private:
  static void endThread(void* data) {
    auto* self = static_cast<QueueBinding*>(data);
    self->closed_ = true;
    self->queue_.close();
  }

  static void finalize(napi_env, void*, void* context) { delete static_cast<QueueBinding*>(context); }

  static void deliver(napi_env env, napi_value, void* context, void*) {
    if (env != nullptr) static_cast<QueueBinding*>(context)->deliverAll(env);
  }

  void deliverAll(Napi::Env env) {
    while (!closed_) {
      const size_t count = queue_.take(rows_, capacity_);
      if (count == 0) return;
      inFlight_ -= count;
      if (inFlight_ == 0) napi_unref_threadsafe_function(env, wake_);
      if (!report(env, count)) return;
    }
  }

  /** False when the environment is being taken down and runs no JavaScript any more. */
  bool report(Napi::Env env, size_t count) {
    const napi_value argument = Napi::Number::New(env, static_cast<double>(count));
    if (napi_call_function(env, env.Undefined(), onCompletions_.Value(), 1, &argument, nullptr) == napi_ok) return true;
    bool thrown = false;
    napi_is_exception_pending(env, &thrown);
    if (!thrown) return false;
    // Node only warns of an exception that leaves this call (DEP0168); a broken invariant must end the process.
    napi_value exception;
    return napi_get_and_clear_last_exception(env, &exception) == napi_ok &&
           napi_fatal_exception(env, exception) == napi_ok;
  }

  const Napi::Reference<Napi::Int32Array> completions_;
  const Napi::FunctionReference onCompletions_;
  int32_t* const rows_;
  const size_t capacity_;
  napi_threadsafe_function wake_ = nullptr;
  DiskQueue queue_;
  size_t inFlight_ = 0;
  bool closed_ = false;
};

/** The open queues of one environment; a number goes out again only after it was removed. */
class QueueTable {
 public:
  int32_t add(QueueBinding* queue) {
    for (size_t i = 0; i < queues_.size(); i += 1) {
      if (queues_[i] != nullptr) continue;
      queues_[i] = queue;
      return static_cast<int32_t>(i);
    }
    queues_.push_back(queue);
    return static_cast<int32_t>(queues_.size() - 1);
  }
  QueueBinding* get(int32_t handle) const {
    return handle >= 0 && static_cast<size_t>(handle) < queues_.size() ? queues_[static_cast<size_t>(handle)] : nullptr;
  }
  QueueBinding* remove(int32_t handle) {
    QueueBinding* const queue = get(handle);
    if (queue != nullptr) queues_[static_cast<size_t>(handle)] = nullptr;
    return queue;
  }

 private:
  std::vector<QueueBinding*> queues_;
};

QueueTable& queuesOf(const Napi::CallbackInfo& info) { return *static_cast<QueueTable*>(info.Data()); }
disk::FileTable& filesOf(const Napi::CallbackInfo& info) { return *environmentOf(info.Env()).files; }

/** Errors of the operating system carry errno's name and the call, as Node's own do. */
void throwErrno(Napi::Env env, int error, const char* syscall) {
  const char* const code = uv_err_name(-error);
  Napi::Error thrown = Napi::Error::New(env, std::string(syscall) + ": " + code);
  thrown.Set("code", Napi::String::New(env, code));
  thrown.Set("syscall", Napi::String::New(env, syscall));
  thrown.Set("errno", Napi::Number::New(env, error));
  thrown.ThrowAsJavaScriptException();
}

int32_t integerAt(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Number>().Int32Value(); }
int64_t positionAt(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Number>().Int64Value(); }
std::string textAt(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::String>().Utf8Value(); }

/** The open file the first argument names; empty, and EBADF thrown, when there is none. */
std::shared_ptr<File> fileOf(const Napi::CallbackInfo& info, const char* syscall) {
  std::shared_ptr<File> file = filesOf(info).get(integerAt(info, 0));
  if (file == nullptr) throwErrno(info.Env(), EBADF, syscall);
  return file;
}

Napi::Value fileOpen(const Napi::CallbackInfo& info) {
  std::shared_ptr<File> file;
  const auto mode = static_cast<OpenMode>(integerAt(info, 1));
  const int error = disk::openFile(disk::posixBackend(), textAt(info, 0), mode, file);
  if (error != 0) {
    throwErrno(info.Env(), error, "open");
    return info.Env().Undefined();
  }
  return Napi::Number::New(info.Env(), filesOf(info).add(std::move(file)));
}

void fileClose(const Napi::CallbackInfo& info) {
  if (!filesOf(info).remove(integerAt(info, 0))) throwErrno(info.Env(), EBADF, "close");
}

Napi::Value fileSizeBytes(const Napi::CallbackInfo& info) {
  const std::shared_ptr<File> file = fileOf(info, "fstat");
  if (file == nullptr) return info.Env().Undefined();
  const int64_t sizeBytes = file->backend().sizeBytes(file->fd());
  if (sizeBytes < 0) throwErrno(info.Env(), static_cast<int>(-sizeBytes), "fstat");
  return Napi::Number::New(info.Env(), static_cast<double>(sizeBytes));
}

void filePwritev(const Napi::CallbackInfo& info) {
  const std::shared_ptr<File> file = fileOf(info, "pwritev");
  if (file == nullptr) return;
  const Napi::Array sources = info[1].As<Napi::Array>();
  std::vector<iovec> buffers(sources.Length());
  for (uint32_t i = 0; i < buffers.size(); i += 1) {
    Napi::Uint8Array bytes = sources.Get(i).As<Napi::Uint8Array>();
    buffers[i] = {bytes.Data(), bytes.ByteLength()};
  }
  const int error = disk::writeFully(*file, buffers, positionAt(info, 2));
  if (error != 0) throwErrno(info.Env(), error, "pwritev");
}

Napi::Value filePread(const Napi::CallbackInfo& info) {
  const std::shared_ptr<File> file = fileOf(info, "pread");
  if (file == nullptr) return info.Env().Undefined();
  Napi::Uint8Array into = info[1].As<Napi::Uint8Array>();
  size_t readBytes = 0;
  const int error = disk::readFully(*file, into.Data(), into.ByteLength(), positionAt(info, 2), readBytes);
  if (error != 0) throwErrno(info.Env(), error, "pread");
  return Napi::Number::New(info.Env(), static_cast<double>(readBytes));
}

/** As filePread, but -1 instead of a wait for the disk. */
Napi::Value filePreadResident(const Napi::CallbackInfo& info) {
  const std::shared_ptr<File> file = fileOf(info, "preadv2");
  if (file == nullptr) return info.Env().Undefined();
  Napi::Uint8Array into = info[1].As<Napi::Uint8Array>();
  size_t readBytes = 0;
  const int error = disk::readResident(*file, into.Data(), into.ByteLength(), positionAt(info, 2), readBytes);
  if (error == EAGAIN) return Napi::Number::New(info.Env(), -1);
  if (error != 0) throwErrno(info.Env(), error, "preadv2");
  return Napi::Number::New(info.Env(), static_cast<double>(readBytes));
}

Napi::Value fileIsResident(const Napi::CallbackInfo& info) {
  const std::shared_ptr<File> file = fileOf(info, "cachestat");
  if (file == nullptr) return info.Env().Undefined();
  return Napi::Boolean::New(info.Env(), disk::isResident(*file, positionAt(info, 1), positionAt(info, 2)));
}

void fileTruncate(const Napi::CallbackInfo& info) {
  const std::shared_ptr<File> file = fileOf(info, "ftruncate");
  if (file == nullptr) return;
  const int error = disk::truncateFile(*file, positionAt(info, 1));
  if (error != 0) throwErrno(info.Env(), error, "ftruncate");
}

void fileDatasync(const Napi::CallbackInfo& info) {
  const std::shared_ptr<File> file = fileOf(info, "fdatasync");
  if (file == nullptr) return;
  const int error = disk::syncFile(*file);
  if (error != 0) throwErrno(info.Env(), error, "fdatasync");
}

Napi::Value fileTryLock(const Napi::CallbackInfo& info) {
  const std::shared_ptr<File> file = fileOf(info, "fcntl");
  if (file == nullptr) return info.Env().Undefined();
  const int result = file->backend().lock(file->fd());
  if (result < 0 && result != -EAGAIN) throwErrno(info.Env(), -result, "fcntl");
  return Napi::Boolean::New(info.Env(), result == 0);
}

void directorySync(const Napi::CallbackInfo& info) {
  const int error = disk::syncDirectory(disk::posixBackend(), textAt(info, 0));
  if (error != 0) throwErrno(info.Env(), error, "fsync");
}

Napi::Value queueOpen(const Napi::CallbackInfo& info) {
  auto* queue = new QueueBinding(info[0].As<Napi::Int32Array>(), info[1].As<Napi::Function>());
  const int error = queue->start(info.Env());
  if (error != 0) {
    throwErrno(info.Env(), error, "pthread_create");
    return info.Env().Undefined();
  }
  return Napi::Number::New(info.Env(), queuesOf(info).add(queue));
}

void queueSubmit(const Napi::CallbackInfo& info) {
  QueueBinding* const queue = queuesOf(info).get(integerAt(info, 0));
  if (queue == nullptr) return throwErrno(info.Env(), EBADF, "queueSubmit");
  QueueJob job;
  job.operation = static_cast<QueueOperation>(integerAt(info, 1));
  job.ticket = integerAt(info, 2);
  if (job.operation == QueueOperation::kDatasync || job.operation == QueueOperation::kWriteOut) {
    job.file = filesOf(info).get(integerAt(info, 3));
    if (job.file == nullptr) return throwErrno(info.Env(), EBADF, "fdatasync");
  } else {
    job.path = textAt(info, 4);
    job.toPath = textAt(info, 5);
  }
  job.sizeBytes = positionAt(info, 6);
  job.position = positionAt(info, 7);
  queue->submit(info.Env(), std::move(job));
}

/** Rows [file, position, size]; empty, and EBADF thrown, when one of the files is not open. */
std::unique_ptr<disk::Gather> gatherOf(const Napi::CallbackInfo& info) {
  const Napi::Uint8Array head = info[4].As<Napi::Uint8Array>();
  const Napi::Float64Array rows = info[5].As<Napi::Float64Array>();
  auto gathered = std::make_unique<disk::Gather>();
  gathered->position = positionAt(info, 3);
  gathered->head.assign(head.Data(), head.Data() + head.ByteLength());
  for (size_t at = 0; at + 2 < rows.ElementLength(); at += 3) {
    std::shared_ptr<File> file = filesOf(info).get(static_cast<int32_t>(rows[at]));
    if (file == nullptr) {
      throwErrno(info.Env(), EBADF, "pread");
      return nullptr;
    }
    const auto position = static_cast<int64_t>(rows[at + 1]);
    gathered->ranges.push_back({std::move(file), position, static_cast<size_t>(rows[at + 2])});
  }
  return gathered;
}

void queueGather(const Napi::CallbackInfo& info) {
  QueueBinding* const queue = queuesOf(info).get(integerAt(info, 0));
  if (queue == nullptr) return throwErrno(info.Env(), EBADF, "queueGather");
  QueueJob job;
  job.operation = QueueOperation::kGather;
  job.ticket = integerAt(info, 1);
  job.file = filesOf(info).get(integerAt(info, 2));
  if (job.file == nullptr) return throwErrno(info.Env(), EBADF, "pwritev");
  job.gathered = gatherOf(info);
  if (job.gathered != nullptr) queue->submit(info.Env(), std::move(job));
}

void queueClose(const Napi::CallbackInfo& info) {
  QueueBinding* const queue = queuesOf(info).remove(integerAt(info, 0));
  if (queue == nullptr) return throwErrno(info.Env(), EBADF, "queueClose");
  queue->close(info.Env());
}

}  // namespace

void registerDisk(Napi::Env env, Napi::Object exports) {
  auto* const queues = new QueueTable();
  napi_add_env_cleanup_hook(env, [](void* data) { delete static_cast<QueueTable*>(data); }, queues);
  const auto set = [&](const char* name, auto function) {
    exports.Set(name, Napi::Function::New(env, function, name, queues));
  };
  set("fileOpen", fileOpen);
  set("fileClose", fileClose);
  set("fileSizeBytes", fileSizeBytes);
  set("filePwritev", filePwritev);
  set("filePread", filePread);
  set("filePreadResident", filePreadResident);
  set("fileIsResident", fileIsResident);
  set("fileTruncate", fileTruncate);
  set("fileDatasync", fileDatasync);
  set("fileTryLock", fileTryLock);
  set("directorySync", directorySync);
  set("queueOpen", queueOpen);
  set("queueSubmit", queueSubmit);
  set("queueGather", queueGather);
  set("queueClose", queueClose);
}

}  // namespace ottla
