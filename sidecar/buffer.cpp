#include "sidecar/buffer.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace sidecar {
namespace {
constexpr std::size_t kPageBytes = 4096;
}

BlockPool::BlockPool(std::size_t block_bytes, std::size_t kept_max)
    : block_bytes_((block_bytes + kPageBytes - 1) / kPageBytes * kPageBytes), kept_max_(kept_max) {
  free_.reserve(kept_max_);
}

BlockPool::~BlockPool() {
  for (char* block : free_) std::free(block);
}

char* BlockPool::take() {
  ++out_;
  if (!free_.empty()) {
    char* block = free_.back();
    free_.pop_back();
    return block;
  }
  void* block = std::aligned_alloc(kPageBytes, block_bytes_);
  if (block == nullptr) throw std::bad_alloc();
  return static_cast<char*>(block);
}

void BlockPool::give(char* block) {
  --out_;
  if (free_.size() < kept_max_) {
    free_.push_back(block);
  } else {
    std::free(block);
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
