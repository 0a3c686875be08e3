#include "file-table.h"

namespace ottla::disk {

File::~File() { backend_.close(fd_); }

void File::failSync(int error) {
  int none = 0;
  syncError_.compare_exchange_strong(none, error, std::memory_order_acq_rel);
}

int32_t FileTable::add(std::shared_ptr<File> file) {
  if (free_.empty()) {
    files_.push_back(std::move(file));
    return static_cast<int32_t>(files_.size() - 1);
  }
  const int32_t handle = free_.front();
  free_.pop_front();
  files_[static_cast<size_t>(handle)] = std::move(file);
  return handle;
}

std::shared_ptr<File> FileTable::get(int32_t handle) const {
  if (handle < 0 || static_cast<size_t>(handle) >= files_.size()) return nullptr;
  return files_[static_cast<size_t>(handle)];
}

bool FileTable::remove(int32_t handle) {
  if (get(handle) == nullptr) return false;
  files_[static_cast<size_t>(handle)].reset();
  free_.push_back(handle);
  return true;
}

}  // namespace ottla::disk
