#include "records-worker.h"

#include <utility>

namespace ottla {
namespace {

/** Each waits for one decompression or one disk read at a time; more would take the loop's own core. */
constexpr size_t kThreads = 2;
/** What waits is bounded by the memory of all requests long before; this bounds mistakes. */
constexpr size_t kJobsMax = 64 * 1024;

}  // namespace

void callLoop(Napi::Env env, const Napi::FunctionReference& callback, std::initializer_list<napi_value> values) {
  // What a failed status means is read from the pending exception: there is none when the environment goes down.
  [[maybe_unused]] const napi_status status =
      napi_call_function(env, env.Undefined(), callback.Value(), values.size(), values.begin(), nullptr);
}

RecordsWorker::RecordsWorker()
    : pool_(kThreads, kJobsMax, [this] { napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking); }) {}

RecordsWorker* RecordsWorker::create(Napi::Env env) {
  auto* const worker = new RecordsWorker();
  const Napi::String name = Napi::String::New(env, "ottla-records");
  const napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, &finalize,
                                                             worker, &deliver, &worker->wake_);
  if (status != napi_ok) {
    delete worker;
    Napi::Error::New(env, "no thread-safe function for record batches").ThrowAsJavaScriptException();
    return nullptr;
  }
  napi_unref_threadsafe_function(env, worker->wake_);
  // Hooks run last in, first out: this one ends the threads before the thread-safe function is taken away.
  napi_add_env_cleanup_hook(env, &endThreads, worker);
  return worker;
}

bool RecordsWorker::submit(Napi::Env env, std::unique_ptr<LoopJob> job) {
  if (!pool_.submit(std::move(job))) return false;
  if (inFlight_ == 0) napi_ref_threadsafe_function(env, wake_);
  inFlight_ += 1;
  return true;
}

void RecordsWorker::endThreads(void* data) {
  auto* const self = static_cast<RecordsWorker*>(data);
  self->pool_.close();
  // References to JavaScript values end here, while the environment still lives.
  self->pool_.take();
}

void RecordsWorker::finalize(napi_env, void*, void* context) { delete static_cast<RecordsWorker*>(context); }

void RecordsWorker::deliver(napi_env env, napi_value, void* context, void*) {
  if (env != nullptr) static_cast<RecordsWorker*>(context)->deliverAll(env);
}

void RecordsWorker::deliverAll(Napi::Env env) {
  for (const std::unique_ptr<records::Job>& job : pool_.take()) {
    inFlight_ -= 1;
    if (inFlight_ == 0) napi_unref_threadsafe_function(env, wake_);
    const Napi::HandleScope scope(env);
    static_cast<LoopJob*>(job.get())->complete(env);
    // Node only warns of an exception that leaves this call (DEP0168); a broken invariant must end the process.
    if (env.IsExceptionPending()) napi_fatal_exception(env, env.GetAndClearPendingException().Value());
  }
}

}  // namespace ottla
