#pragma once

#include <cstddef>
#include <cstdint>

namespace ottla::records {

/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `size` bytes, continued from `seed`, which is 0 or an earlier answer.
 * Takes the processor's instruction where it has one.
 */
uint32_t crc32c(uint32_t seed, const uint8_t* bytes, size_t size);

/** The same by table; what the other is compared with, and the way on processors without the instruction. */
uint32_t crc32cByTable(uint32_t seed, const uint8_t* bytes, size_t size);

}  // namespace ottla::records
