#include "sidecar/bot_notes.h"

#include <string>

#include <fmt/format.h>

namespace sidecar {

LogFields fields_of(const BotNote& note) {
  std::string signs;
  for (std::size_t i = 0; i < limit::kSigns; ++i) {
    const auto sign = static_cast<limit::Sign>(i);
    if (!note.signs.has(sign)) continue;
    if (!signs.empty()) signs += ", ";
    signs += limit::name(sign);
  }
  return {{"signs", signs},
          {"client", fmt::format("{:016x}", note.client)},
          {"fingerprint", limit::text(note.fingerprint)},
          {"headerOrder", fmt::format("{:016x}", note.headers)}};
}

bool BotNotes::add(const BotNote& note) {
  const std::lock_guard hold(lock_);
  if (notes_.size() >= kWaitingMax) return false;
  notes_.push_back(note);
  waiting_.store(notes_.size(), std::memory_order_relaxed);
  return true;
}

std::optional<BotNote> BotNotes::take() {
  const std::lock_guard hold(lock_);
  if (notes_.empty()) return std::nullopt;
  const BotNote out = notes_.front();
  notes_.erase(notes_.begin());
  waiting_.store(notes_.size(), std::memory_order_relaxed);
  return out;
}

void BotLog::tell(BotNotes& notes, base::TimePoint now) {
  // Asked only where something waits: what is not written now is there for later.
  while (!notes.empty() && lines_.take(1, now)) {
    if (const auto note = notes.take()) write_(*note);
  }
}

void log_bot(const BotNote& note) {
  log(Level::Info, "a client looks like a program", fields_of(note));
}

}  // namespace sidecar
