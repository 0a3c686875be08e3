#pragma once

#include <cstdint>
#include <string>

#include "backend.h"
#include "file-table.h"

namespace ottla::disk {

/**
 * True when all bytes of the range, which must not be empty, can be read without a wait for the disk. Never waits
 * itself. False as well where the file system can't tell.
 */
bool isResident(File& file, int64_t position, int64_t sizeBytes);

/** As readFully, from the page cache alone: EAGAIN when it lacks any of the bytes, or can't tell. */
int readResident(File& file, void* into, size_t sizeBytes, int64_t position, size_t& readBytes);

/** Reads a range into the page cache, to the end of the file when it is shorter. Waits for the disk. */
int warmRange(File& file, int64_t position, int64_t sizeBytes);
/** The same for the file at `path`. */
int warmRange(Backend& backend, const std::string& path, int64_t position, int64_t sizeBytes);

}  // namespace ottla::disk
