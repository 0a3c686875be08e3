#include "register.h"

namespace ottla {

void registerRecords(Napi::Env, Napi::Object) {}

}  // namespace ottla
