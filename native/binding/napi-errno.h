#pragma once

#include <napi.h>
#include <uv.h>

#include <string>

namespace ottla {

/** Throws as Node's own calls do: `code` is errno's name, `syscall` what failed. `error` is a positive errno. */
inline void throwSystemError(Napi::Env env, int error, const char* syscall) {
  const char* const code = uv_err_name(-error);
  Napi::Error thrown = Napi::Error::New(env, std::string(syscall) + ": " + code);
  thrown.Set("code", Napi::String::New(env, code));
  thrown.Set("syscall", Napi::String::New(env, syscall));
  thrown.Set("errno", Napi::Number::New(env, error));
  thrown.ThrowAsJavaScriptException();
}

}  // namespace ottla
