#pragma once

#include <napi.h>

#include <initializer_list>
#include <memory>

#include "../core/records/worker-pool.h"

namespace ottla {

/**
 * Calls back into JavaScript; an exception stays pending. Does nothing in an environment that is being taken down (a
 * worker thread that exits), where no call succeeds and Napi::Function::Call would end the process.
 */
void callLoop(Napi::Env env, const Napi::FunctionReference& callback, std::initializer_list<napi_value> values);

/** A job with a JavaScript side. Made, completed and destroyed on the loop's thread. */
class LoopJob : public records::Job {
 public:
  /** Hands the result to JavaScript. */
  virtual void complete(Napi::Env env) = 0;
};

/**
 * The worker threads of one environment for record batches. Completions of many jobs come in one turn of the loop.
 * Freed by the finalizer of its thread-safe function, which is the last that can reach it.
 */
class RecordsWorker {
 public:
  /** Null when the environment refuses, with an exception pending. */
  static RecordsWorker* create(Napi::Env env);

  /** The process lives on while a job is out. False, and the job is gone, when too many are waiting. */
  bool submit(Napi::Env env, std::unique_ptr<LoopJob> job);

 private:
  RecordsWorker();
  static void endThreads(void* data);
  static void finalize(napi_env env, void* data, void* context);
  static void deliver(napi_env env, napi_value callback, void* context, void* data);
  void deliverAll(Napi::Env env);

  napi_threadsafe_function wake_ = nullptr;
  size_t inFlight_ = 0;
  records::WorkerPool pool_;
};

}  // namespace ottla
