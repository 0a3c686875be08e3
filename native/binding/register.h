#pragma once

#include <napi.h>

namespace ottla {

/** Each adds its part of src/native/binding.d.ts to `exports`; the environment's `Environment` exists by then. */
void registerDisk(Napi::Env env, Napi::Object exports);
void registerTransport(Napi::Env env, Napi::Object exports);
void registerRecords(Napi::Env env, Napi::Object exports);

}  // namespace ottla
