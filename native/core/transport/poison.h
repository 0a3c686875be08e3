#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ottla::transport {

/** What a record batch cannot begin with, and a length that no frame has. */
constexpr uint8_t kPoison = 0xdb;

/**
 * In builds with OTTLA_POISON: bytes that nobody may look at any more become rubbish at once, so that a view of a
 * request that outlives it is found by the first CRC, not by luck. Nothing in others.
 */
inline void poison([[maybe_unused]] uint8_t* bytes, [[maybe_unused]] size_t sizeBytes) {
#ifdef OTTLA_POISON
  std::memset(bytes, kPoison, sizeBytes);
#endif
}

}  // namespace ottla::transport
