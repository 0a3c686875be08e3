#include <napi.h>

#include "binding/environment.h"
#include "binding/register.h"

namespace {

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new ottla::Environment());
  ottla::registerDisk(env, exports);
  ottla::registerTransport(env, exports);
  ottla::registerRecords(env, exports);
  return exports;
}

NODE_API_MODULE(ottla, initialize)

}  // namespace
