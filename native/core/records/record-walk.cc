#include "record-walk.h"

#include <algorithm>

namespace ottla::records {
namespace {

using codecs::DecodeStep;

constexpr int kVarintBytesMax = 5;
constexpr int kVarlongBytesMax = 10;

int64_t unzigzag(uint64_t value) { return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1); }

/**
 * Reads a zigzag varint through `Reader::byte`. Longer than its type can need, or with bits the type has no room for:
 * refused, since readers would not agree on the value. Inlined, so that the reader's place stays in registers: a third
 * of the walk's time (npm run bench:micro).
 */
template <int kBytesMax, class Reader>
[[gnu::always_inline]] inline bool readVarint(Reader& reader, int64_t& value, Reason& fault) {
  constexpr int kBits = kBytesMax == kVarintBytesMax ? 32 : 64;
  uint8_t byte = 0;
  if (!reader.byte(byte)) {
    fault = reader.fault();
    return false;
  }
  uint64_t bits = byte & 0x7fu;
  // Nearly all that are read here.
  if ((byte & 0x80) == 0) [[likely]] {
    value = unzigzag(bits);
    return true;
  }
  for (int i = 1; i < kBytesMax; i += 1) {
    if (!reader.byte(byte)) {
      fault = reader.fault();
      return false;
    }
    if (i == kBytesMax - 1 && byte >> (kBits - 7 * i) != 0) break;
    bits |= uint64_t{byte & 0x7fu} << (7 * i);
    if ((byte & 0x80) == 0) {
      value = unzigzag(bits);
      return true;
    }
  }
  fault = Reason::kVarint;
  return false;
}

/** The pieces of the decoder as one row of bytes. */
class PieceReader {
 public:
  PieceReader(codecs::Decoder& decoder, size_t outputMax) : decoder_(decoder), outputMax_(outputMax) {}

  bool byte(uint8_t& value) {
    if (next_ == end_ && !refill()) return false;
    value = *next_;
    next_ += 1;
    return true;
  }

  bool skip(size_t count) {
    while (count > 0) {
      if (next_ == end_ && !refill()) return false;
      const size_t step = std::min(count, static_cast<size_t>(end_ - next_));
      next_ += step;
      count -= step;
    }
    return true;
  }

  /** A failed read: why. Records cut off by the end of the output are a lie of the count or of a size. */
  Reason fault() const { return fault_; }

  /** True when nothing is left, and the decoder agrees that this is the end. */
  bool atEnd() { return next_ == end_ && !refill() && fault_ == Reason::kRecordsMissing; }

  const uint8_t* here() const { return next_; }
  size_t inPiece() const { return static_cast<size_t>(end_ - next_); }
  void advance(size_t count) { next_ += count; }
  size_t outputSize() const { return outputSize_; }

 private:
  bool refill() {
    size_t size = 0;
    const DecodeStep step = decoder_.next(next_, size);
    end_ = next_;
    if (step == DecodeStep::kData && size <= outputMax_ - outputSize_) {
      end_ = next_ + size;
      outputSize_ += size;
      return true;
    }
    fault_ = step == DecodeStep::kEnd       ? Reason::kRecordsMissing
             : step == DecodeStep::kGarbage ? Reason::kGarbage
                                            : Reason::kOutputTooLarge;
    return false;
  }

  codecs::Decoder& decoder_;
  const size_t outputMax_;
  const uint8_t* next_ = nullptr;
  const uint8_t* end_ = nullptr;
  size_t outputSize_ = 0;
  Reason fault_ = Reason::kNone;
};

/** A record that lies in one piece: no look at the piece's border per byte, only at the record's. */
class WholeRecordReader {
 public:
  WholeRecordReader(const uint8_t* bytes, size_t size) : next_(bytes), end_(bytes + size) {}

  bool byte(uint8_t& value) {
    if (next_ == end_) return false;
    value = *next_;
    next_ += 1;
    return true;
  }
  bool skip(size_t count) {
    if (count > left()) return false;
    next_ += count;
    return true;
  }
  Reason fault() const { return Reason::kRecordSize; }
  size_t left() const { return static_cast<size_t>(end_ - next_); }

 private:
  const uint8_t* next_;
  const uint8_t* const end_;
};

/** A record that crosses a piece's border. */
class SplitRecordReader {
 public:
  SplitRecordReader(PieceReader& pieces, size_t size) : pieces_(pieces), left_(size) {}

  bool byte(uint8_t& value) {
    if (left_ == 0) return false;
    left_ -= 1;
    return pieces_.byte(value);
  }
  bool skip(size_t count) {
    if (count > left_) return false;
    left_ -= count;
    return pieces_.skip(count);
  }
  Reason fault() const { return pieces_.fault() == Reason::kNone ? Reason::kRecordSize : pieces_.fault(); }
  size_t left() const { return left_; }

 private:
  PieceReader& pieces_;
  size_t left_;
};

struct Record {
  int64_t timestampDelta = 0;
  int64_t offsetDelta = 0;
  bool hasKey = false;
};

/** Bytes behind a length of `lengthMin` (-1 where null is allowed) or more. */
template <class Reader>
[[gnu::always_inline]] inline Reason skipBytes(Reader& reader, int64_t lengthMin, Reason wrongLength, int64_t& length) {
  Reason fault = Reason::kNone;
  if (!readVarint<kVarintBytesMax>(reader, length, fault)) return fault;
  if (length < lengthMin) return wrongLength;
  if (length > 0 && !reader.skip(static_cast<size_t>(length))) return reader.fault();
  return Reason::kNone;
}

template <class Reader>
Reason readHeaders(Reader& reader) {
  int64_t count = 0;
  Reason fault = Reason::kNone;
  if (!readVarint<kVarintBytesMax>(reader, count, fault)) return fault;
  // A header has two lengths at least.
  if (count < 0 || static_cast<uint64_t>(count) > reader.left() / 2) return Reason::kHeaders;
  for (int64_t i = 0; i < count; i += 1) {
    int64_t length = 0;
    fault = skipBytes(reader, 0, Reason::kHeaders, length);
    if (fault != Reason::kNone) return fault;
    fault = skipBytes(reader, -1, Reason::kHeaders, length);
    if (fault != Reason::kNone) return fault;
  }
  return Reason::kNone;
}

/** All behind a record's size: attributes, timestamp and offset deltas, key, value, headers, and then its end. */
template <class Reader>
Reason readRecord(Reader reader, Record& record) {
  uint8_t attributes = 0;
  if (!reader.byte(attributes)) return reader.fault();
  Reason fault = Reason::kNone;
  if (!readVarint<kVarlongBytesMax>(reader, record.timestampDelta, fault)) return fault;
  if (!readVarint<kVarintBytesMax>(reader, record.offsetDelta, fault)) return fault;
  int64_t length = 0;
  fault = skipBytes(reader, -1, Reason::kRecordSize, length);
  if (fault != Reason::kNone) return fault;
  record.hasKey = length >= 0;
  fault = skipBytes(reader, -1, Reason::kRecordSize, length);
  if (fault != Reason::kNone) return fault;
  fault = readHeaders(reader);
  if (fault != Reason::kNone) return fault;
  return reader.left() == 0 ? Reason::kNone : Reason::kRecordSize;
}

Reason readNext(PieceReader& pieces, Record& record) {
  int64_t size = 0;
  Reason fault = Reason::kNone;
  if (!readVarint<kVarintBytesMax>(pieces, size, fault)) return fault;
  if (size < 0) return Reason::kRecordSize;
  const size_t sizeBytes = static_cast<size_t>(size);
  if (sizeBytes > pieces.inPiece()) return readRecord(SplitRecordReader(pieces, sizeBytes), record);
  fault = readRecord(WholeRecordReader(pieces.here(), sizeBytes), record);
  pieces.advance(sizeBytes);
  return fault;
}

/** Timestamps wrap as Java's long does: a delta is whatever the producer wrote. */
int64_t timestampOf(int64_t base, int64_t delta) {
  return static_cast<int64_t>(static_cast<uint64_t>(base) + static_cast<uint64_t>(delta));
}

}  // namespace

WalkResult walkRecords(codecs::Decoder& decoder, const WalkRules& rules) {
  PieceReader pieces(decoder, rules.outputMax);
  WalkResult result;
  const auto refused = [&](Reason reason, int32_t index) {
    result.reason = reason;
    result.badRecordIndex = index;
    result.outputSize = pieces.outputSize();
    return result;
  };
  for (int32_t index = 0; index < rules.recordsCount; index += 1) {
    Record record;
    const Reason fault = readNext(pieces, record);
    if (fault != Reason::kNone) return refused(fault, index);
    if (record.offsetDelta != index) return refused(Reason::kOffsetDelta, index);
    if (rules.keysRequired && !record.hasKey) return refused(Reason::kKeyMissing, index);
    const int64_t timestamp = timestampOf(rules.baseTimestamp, record.timestampDelta);
    if (index == 0 || timestamp < result.minTimestamp) result.minTimestamp = timestamp;
    if (index == 0 || timestamp > result.maxTimestamp) {
      result.maxTimestamp = timestamp;
      result.maxTimestampOffsetDelta = index;
    }
  }
  const bool ended = pieces.atEnd();
  const bool endedBadly = pieces.fault() == Reason::kGarbage || pieces.fault() == Reason::kOutputTooLarge;
  if (!ended) return refused(endedBadly ? pieces.fault() : Reason::kTrailingBytes, -1);
  result.outputSize = pieces.outputSize();
  return result;
}

FoundPlace findPlace(codecs::Decoder& decoder, const WalkRules& rules, const int64_t* appendTimestamp,
                     const PlaceSought& sought) {
  PieceReader pieces(decoder, rules.outputMax);
  FoundPlace place;
  for (int32_t index = 0; index < rules.recordsCount; index += 1) {
    Record record;
    place.reason = readNext(pieces, record);
    if (place.reason != Reason::kNone) return place;
    place.offsetDelta = record.offsetDelta;
    place.timestamp =
        appendTimestamp != nullptr ? *appendTimestamp : timestampOf(rules.baseTimestamp, record.timestampDelta);
    place.found = place.offsetDelta >= sought.minOffsetDelta && place.timestamp >= sought.timestamp;
    if (place.found) return place;
  }
  return place;
}

}  // namespace ottla::records
