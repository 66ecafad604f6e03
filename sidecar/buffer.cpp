#include "sidecar/buffer.h"

#include <cstring>
#include <new>
#include <sys/mman.h>

namespace sidecar {
namespace {
constexpr std::size_t kPageBytes = 4096;
}

BlockPool::BlockPool(std::size_t block_bytes, std::size_t kept_max)
    : block_bytes_((block_bytes + kPageBytes - 1) / kPageBytes * kPageBytes), kept_max_(kept_max) {
  free_.reserve(kept_max_);
}

BlockPool::~BlockPool() {
  for (char* block : free_) munmap(block, block_bytes_);
}

char* BlockPool::take() {
  ++out_;
  if (!free_.empty()) {
    char* block = free_.back();
    free_.pop_back();
    return block;
  }
  // Of the system itself: what a crowd of connections used is given back when the crowd has gone.
  void* block =
      mmap(nullptr, block_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(block);
}

void BlockPool::give(char* block) {
  --out_;
  if (free_.size() < kept_max_) {
    free_.push_back(block);
  } else {
    munmap(block, block_bytes_);
  }
}

void Buffer::hold() {
  if (block_ == nullptr) block_ = pool_.take();
}

void Buffer::release() {
  if (block_ != nullptr) pool_.give(block_);
  block_ = nullptr;
  floor_ = begin_ = end_ = 0;
}

void Buffer::compact() {
  if (begin_ == floor_) return;
  const std::size_t count = end_ - begin_;
  if (count > 0) std::memmove(block_ + floor_, block_ + begin_, count);
  begin_ = floor_;
  end_ = floor_ + count;
}

}  // namespace sidecar
