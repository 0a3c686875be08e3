#pragma once

#include <napi.h>

#include <memory>

#include "../core/disk/file-table.h"

namespace ottla {

/** What all parts of the addon share in one JavaScript environment (a process has one per worker thread). */
struct Environment {
  std::shared_ptr<disk::FileTable> files = std::make_shared<disk::FileTable>();
};

inline Environment& environmentOf(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

}  // namespace ottla
