// The bytes under the ledger: appended and synced, nothing else. An interface, because the tests
// let the first, second, third … call fail, and stop the disk.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace store {

class LedgerFile {
 public:
  virtual ~LedgerFile() = default;
  /// All of it or an Error; after an Error the file is not written any more.
  virtual base::Result<> append(std::string_view bytes) = 0;
  /// fdatasync.
  virtual base::Result<> sync() = 0;
};

/// Creates the file (it must not exist: a ledger is never written twice) and syncs its folder.
base::Result<std::unique_ptr<LedgerFile>> create_ledger_file(const std::string& path);

}  // namespace store
