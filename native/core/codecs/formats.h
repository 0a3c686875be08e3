#pragma once

#include "codec.h"

namespace ottla::codecs {

// One pair per format; codec.cc chooses. An opened decoder is empty when memory is short.

std::unique_ptr<Decoder> openGzip(const uint8_t* bytes, size_t size);
std::unique_ptr<Decoder> openSnappy(const uint8_t* bytes, size_t size, size_t outputMax);
std::unique_ptr<Decoder> openLz4(const uint8_t* bytes, size_t size);
std::unique_ptr<Decoder> openZstd(const uint8_t* bytes, size_t size);

bool compressGzip(int level, const uint8_t* bytes, size_t size, Bytes& output);
bool compressSnappy(const uint8_t* bytes, size_t size, Bytes& output);
bool compressLz4(int level, const uint8_t* bytes, size_t size, Bytes& output);
bool compressZstd(int level, const uint8_t* bytes, size_t size, Bytes& output);

}  // namespace ottla::codecs
