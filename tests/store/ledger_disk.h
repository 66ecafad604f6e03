// A disk in memory for the ledger's tests: remembers what was synced, and fails at a chosen call.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "store/ledger_file.h"

namespace store {

struct MemoryDisk {
  std::mutex mutex;
  std::string bytes;
  std::size_t synced = 0;  // bytes
  int calls = 0;           // appends and syncs
  int fail_at = -1;        // this call and every later one fails
  int torn_bytes = 0;      // of the failing append still reach the file

  std::unique_ptr<LedgerFile> file();
  std::string contents() {
    const std::scoped_lock hold(mutex);
    return bytes;
  }
};

class MemoryFile final : public LedgerFile {
 public:
  explicit MemoryFile(MemoryDisk& disk) : disk_(disk) {}
  base::Result<> append(std::string_view bytes) override {
    const std::scoped_lock hold(disk_.mutex);
    if (fails()) {
      disk_.bytes.append(bytes.substr(0, static_cast<std::size_t>(disk_.torn_bytes)));
      disk_.torn_bytes = 0;
      return base::fail(base::Code::ResourceExhausted, "no space left on device");
    }
    disk_.bytes.append(bytes);
    return {};
  }
  base::Result<> sync() override {
    const std::scoped_lock hold(disk_.mutex);
    if (fails()) {
      return base::fail(base::Code::Internal, "input/output error");
    }
    disk_.synced = disk_.bytes.size();
    return {};
  }

 private:
  bool fails() { return disk_.fail_at >= 0 && disk_.calls++ >= disk_.fail_at; }
  MemoryDisk& disk_;
};

inline std::unique_ptr<LedgerFile> MemoryDisk::file() {
  return std::make_unique<MemoryFile>(*this);
}

}  // namespace store
