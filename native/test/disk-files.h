#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "../core/disk/operations.h"
#include "check.h"

// Files for the tests of the disk core; each test program includes it once.
namespace {

using namespace ottla::disk;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "ottla-disk-XXXXXX";
    path = mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

iovec bufferOf(const std::string& text) { return {const_cast<char*>(text.data()), text.size()}; }

std::string contentOf(const std::shared_ptr<File>& file) {
  std::string text(static_cast<size_t>(file->backend().sizeBytes(file->fd())), '?');
  size_t readBytes = 0;
  CHECK(readFully(*file, text.data(), text.size(), 0, readBytes) == 0);
  CHECK(readBytes == text.size());
  return text;
}

std::shared_ptr<File> create(Backend& backend, const std::string& path) {
  std::shared_ptr<File> file;
  CHECK(openFile(backend, path, OpenMode::kCreate, file) == 0);
  return file;
}

}  // namespace
