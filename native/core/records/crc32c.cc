#include "crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define OTTLA_CRC_TARGET __attribute__((target("sse4.2")))
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#define OTTLA_CRC_TARGET __attribute__((target("+crc")))
#endif

namespace ottla::records {
namespace {

// Polynomials are bit-reversed: the highest bit is the coefficient of x^0.
constexpr uint32_t kPolynomial = 0x82f63b78;
constexpr uint32_t kOne = 0x80000000;
constexpr uint32_t kX = 0x40000000;

constexpr uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = kOne; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b >> 1) ^ (b & 1 ? kPolynomial : 0);
  }
  return product;
}

constexpr uint32_t power(uint64_t exponent) {
  uint32_t result = kOne;
  for (uint32_t square = kX; exponent != 0; exponent >>= 1, square = multiply(square, square)) {
    if (exponent & 1) result = multiply(result, square);
  }
  return result;
}

using ByteTables = std::array<std::array<uint32_t, 256>, 8>;

/** Row k maps a byte to its effect k bytes later: eight bytes are taken in one step. */
constexpr ByteTables makeByteTables() {
  ByteTables tables{};
  for (uint32_t byte = 0; byte < 256; byte += 1) {
    uint32_t state = byte;
    for (int bit = 0; bit < 8; bit += 1) state = (state >> 1) ^ (state & 1 ? kPolynomial : 0);
    tables[0][byte] = state;
  }
  for (size_t row = 1; row < 8; row += 1) {
    for (size_t byte = 0; byte < 256; byte += 1) {
      const uint32_t before = tables[row - 1][byte];
      tables[row][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr ByteTables kByteTables = makeByteTables();

uint64_t load64(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

#if defined(OTTLA_CRC_TARGET)

// The instruction answers after three cycles but can start every cycle, so that three stripes side by side keep it
// busy; their states are joined by advancing each over the length of the stripes behind it.
constexpr size_t kLongStripe = 4096;
constexpr size_t kShortStripe = 256;

using StripeTable = std::array<std::array<uint32_t, 256>, 4>;

/** Advances a state over `stripe` zero bytes, byte by byte of the state. */
constexpr StripeTable makeStripeTable(size_t stripe) {
  const uint32_t factor = power(uint64_t{8} * stripe);
  StripeTable table{};
  for (uint32_t row = 0; row < 4; row += 1) {
    for (uint32_t byte = 0; byte < 256; byte += 1) table[row][byte] = multiply(byte << (8 * row), factor);
  }
  return table;
}

constexpr StripeTable kLongTable = makeStripeTable(kLongStripe);
constexpr StripeTable kShortTable = makeStripeTable(kShortStripe);

uint32_t advance(const StripeTable& table, uint32_t state) {
  return table[0][state & 0xff] ^ table[1][(state >> 8) & 0xff] ^ table[2][(state >> 16) & 0xff] ^
         table[3][state >> 24];
}

#if defined(__x86_64__)
using State = uint64_t;
OTTLA_CRC_TARGET inline State step8(State state, const uint8_t* bytes) { return _mm_crc32_u64(state, load64(bytes)); }
OTTLA_CRC_TARGET inline State step1(State state, uint8_t byte) {
  return _mm_crc32_u8(static_cast<uint32_t>(state), byte);
}
bool hasInstruction() {
  static const bool has = __builtin_cpu_supports("sse4.2");
  return has;
}
#else
using State = uint32_t;
OTTLA_CRC_TARGET inline State step8(State state, const uint8_t* bytes) { return __crc32cd(state, load64(bytes)); }
OTTLA_CRC_TARGET inline State step1(State state, uint8_t byte) { return __crc32cb(state, byte); }
bool hasInstruction() {
  static const bool has = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
  return has;
}
#endif

OTTLA_CRC_TARGET uint32_t threeStripes(uint32_t state, const uint8_t* bytes, size_t stripe, const StripeTable& table) {
  State first = state;
  State second = 0;
  State third = 0;
  for (size_t i = 0; i < stripe; i += 8) {
    first = step8(first, bytes + i);
    second = step8(second, bytes + stripe + i);
    third = step8(third, bytes + 2 * stripe + i);
  }
  const uint32_t joined = advance(table, static_cast<uint32_t>(first)) ^ static_cast<uint32_t>(second);
  return advance(table, joined) ^ static_cast<uint32_t>(third);
}

OTTLA_CRC_TARGET uint32_t crc32cByInstruction(uint32_t seed, const uint8_t* bytes, size_t size) {
  uint32_t joined = ~seed;
  for (; size >= 3 * kLongStripe; bytes += 3 * kLongStripe, size -= 3 * kLongStripe) {
    joined = threeStripes(joined, bytes, kLongStripe, kLongTable);
  }
  for (; size >= 3 * kShortStripe; bytes += 3 * kShortStripe, size -= 3 * kShortStripe) {
    joined = threeStripes(joined, bytes, kShortStripe, kShortTable);
  }
  State state = joined;
  for (; size >= 8; bytes += 8, size -= 8) state = step8(state, bytes);
  for (; size > 0; bytes += 1, size -= 1) state = step1(state, *bytes);
  return ~static_cast<uint32_t>(state);
}

#endif

}  // namespace

uint32_t crc32cByTable(uint32_t seed, const uint8_t* bytes, size_t size) {
  uint32_t state = ~seed;
  for (; size >= 8; bytes += 8, size -= 8) {
    const uint64_t word = load64(bytes) ^ state;
    state = 0;
    for (size_t i = 0; i < 8; i += 1) state ^= kByteTables[7 - i][(word >> (8 * i)) & 0xff];
  }
  for (; size > 0; bytes += 1, size -= 1) state = (state >> 8) ^ kByteTables[0][(state ^ *bytes) & 0xff];
  return ~state;
}

uint32_t crc32c(uint32_t seed, const uint8_t* bytes, size_t size) {
#if defined(OTTLA_CRC_TARGET)
  if (hasInstruction()) return crc32cByInstruction(seed, bytes, size);
#endif
  return crc32cByTable(seed, bytes, size);
}

}  // namespace ottla::records
