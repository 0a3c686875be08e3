#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend.h"
#include "file-table.h"

namespace ottla::disk {

/** What `openFile` does; the numbers cross the native boundary. */
enum class OpenMode : int32_t { kRead = 0, kWrite = 1, kCreate = 2 };

// Every function answers 0 or a positive errno.

int openFile(Backend& backend, const std::string& path, OpenMode mode, std::shared_ptr<File>& opened);

/** Writes every byte, however the kernel cuts the call; `buffers` is used up. On an error a part may be written. */
int writeFully(File& file, std::vector<iovec>& buffers, int64_t position);

/** Fills `into` up to the end of the file; `readBytes` is less than `sizeBytes` only there. */
int readFully(File& file, void* into, size_t sizeBytes, int64_t position, size_t& readBytes);

int truncateFile(File& file, int64_t sizeBytes);

/** Refused for ever once it failed for this file (see File::syncError). */
int syncFile(File& file);

/**
 * Takes the range's pages to the disk, without what a power cut would need to find them there. Refused for ever as
 * syncFile is: whoever waits for pages is told of their failure, and the next is not.
 */
int writeOut(File& file, int64_t position, int64_t sizeBytes);

int syncDirectory(Backend& backend, const std::string& path);
int createFile(Backend& backend, const std::string& path);
/** With its parents; no error when it exists. */
int makeDirectory(Backend& backend, const std::string& path);
/** A directory and the files in it; ENOTEMPTY/EISDIR when it has directories. No error when it does not exist. */
int removeTree(Backend& backend, const std::string& path);

}  // namespace ottla::disk
