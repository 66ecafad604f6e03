// A journal's file in memory.
#pragma once

#include <string>
#include <string_view>

#include "store/undo_journal.h"

namespace runner {

class MemoryFile final : public store::JournalFile {
 public:
  base::Result<> append(std::string_view bytes) override {
    text_.append(bytes);
    return {};
  }
  base::Result<> sync() override { return {}; }
  base::Result<> truncate(std::uint64_t size) override {
    text_.resize(size);
    return {};
  }
  base::Result<std::string> read_all() override { return text_; }

 private:
  std::string text_;
};

}  // namespace runner
