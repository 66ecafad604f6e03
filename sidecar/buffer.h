// The bytes of one direction of one connection. A block is taken when something is to be read and
// given back while the connection is idle, so that a thousand idle connections cost no buffers.
// All blocks of a core have one size; the block that was given back last is taken first, since its
// pages are warm, and only pages that were written to cost memory.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace sidecar {

/// Thread: one.
class BlockPool {
 public:
  /// `kept_max`: how many free blocks are kept; more are given back to the system.
  BlockPool(std::size_t block_bytes, std::size_t kept_max);
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  char* take();
  void give(char* block);
  std::size_t block_bytes() const { return block_bytes_; }
  std::size_t out() const { return out_; }

 private:
  std::size_t block_bytes_;
  std::size_t kept_max_;
  std::size_t out_ = 0;
  std::vector<char*> free_;
};

/// Bytes are filled in at the end and consumed at the beginning.
/// Lifetime: the pool outlives it.
class Buffer {
 public:
  explicit Buffer(BlockPool& pool) : pool_(pool) {}
  ~Buffer() { release(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  bool held() const { return block_ != nullptr; }
  /// Takes a block if there is none.
  void hold();
  /// Gives the block back, with whatever is in it.
  void release();

  std::string_view unread() const { return {block_ + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  /// Where the next bytes go; empty: full.
  std::span<char> room() { return {block_ + end_, pool_.block_bytes() - end_}; }
  void fill(std::size_t count) { end_ += count; }
  void consume(std::size_t count) { begin_ += count; }
  char* data() { return block_ + begin_; }
  /// What was consumed up to now stays where it is until unpin(): a head that is still looked at.
  void pin() { floor_ = begin_; }
  void unpin() { floor_ = 0; }
  /// Moves the unread bytes as far forward as they may go, for more room.
  void compact();

 private:
  BlockPool& pool_;
  char* block_ = nullptr;
  std::size_t floor_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace sidecar
