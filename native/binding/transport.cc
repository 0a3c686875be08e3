#include "register.h"

namespace ottla {

void registerTransport(Napi::Env, Napi::Object) {}

}  // namespace ottla
