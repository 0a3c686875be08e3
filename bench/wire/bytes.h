#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bench {

template <typename Integer>
Integer swapped(Integer value) {
  if constexpr (sizeof(Integer) == 2) return static_cast<Integer>(__builtin_bswap16(value));
  if constexpr (sizeof(Integer) == 4) return static_cast<Integer>(__builtin_bswap32(value));
  return static_cast<Integer>(__builtin_bswap64(value));
}

/** Writes Kafka's primitive types one after the other; the caller has made room. */
class Writer {
 public:
  explicit Writer(uint8_t* start) : at_(start) {}

  uint8_t* at() const { return at_; }
  void int8(int8_t value) { *at_++ = static_cast<uint8_t>(value); }
  void int16(int16_t value) { fixed(static_cast<uint16_t>(value)); }
  void int32(int32_t value) { fixed(static_cast<uint32_t>(value)); }
  void int64(int64_t value) { fixed(static_cast<uint64_t>(value)); }
  void uvarint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<uint8_t>(value | 0x80);
    *at_++ = static_cast<uint8_t>(value);
  }
  void varint(int64_t value) { uvarint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63)); }
  void bytes(const void* from, size_t sizeBytes) {
    std::memcpy(at_, from, sizeBytes);
    at_ += sizeBytes;
  }
  void string(std::string_view text) {
    int16(static_cast<int16_t>(text.size()));
    bytes(text.data(), text.size());
  }
  void compactString(std::string_view text) {
    uvarint(text.size() + 1);
    bytes(text.data(), text.size());
  }
  /** The length of a compact array, whose elements follow. */
  void compactArray(size_t length) { uvarint(length + 1); }
  void noTags() { uvarint(0); }

 private:
  template <typename Integer>
  void fixed(Integer value) {
    const Integer big = swapped(value);
    std::memcpy(at_, &big, sizeof big);
    at_ += sizeof big;
  }

  uint8_t* at_;
};

/** Reads them back. Past the end it answers zeros, and `ok()` is false from then on. */
class Reader {
 public:
  Reader(const uint8_t* start, size_t sizeBytes) : at_(start), end_(start + sizeBytes) {}

  bool ok() const { return ok_; }
  const uint8_t* at() const { return at_; }
  int8_t int8() { return static_cast<int8_t>(fixed<uint8_t>()); }
  int16_t int16() { return static_cast<int16_t>(swapped(fixed<uint16_t>())); }
  int32_t int32() { return static_cast<int32_t>(swapped(fixed<uint32_t>())); }
  int64_t int64() { return static_cast<int64_t>(swapped(fixed<uint64_t>())); }
  uint64_t uvarint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) break;
    }
    return value;
  }
  void skip(size_t sizeBytes) {
    if (take(sizeBytes)) at_ += sizeBytes;
  }
  std::string_view compactString() {
    const uint64_t length = uvarint();
    const size_t sizeBytes = length == 0 ? 0 : length - 1;
    const auto* from = reinterpret_cast<const char*>(at_);
    skip(sizeBytes);
    return ok_ ? std::string_view(from, sizeBytes) : std::string_view();
  }
  /** 0 for null as well. */
  size_t compactArray() {
    const uint64_t length = uvarint();
    return length == 0 ? 0 : length - 1;
  }
  void tags() {
    for (uint64_t left = uvarint(); left > 0 && ok_; left -= 1) {
      uvarint();
      skip(uvarint());
    }
  }

 private:
  bool take(size_t sizeBytes) {
    if (sizeBytes > static_cast<size_t>(end_ - at_)) ok_ = false;
    return ok_;
  }
  template <typename Integer>
  Integer fixed() {
    if (!take(sizeof(Integer))) return 0;
    Integer value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  bool ok_ = true;
};

}  // namespace bench
