#include "store/audit_format.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/cut.h"
#include "crypto/hash.h"

namespace store {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDigits = 64;

bool is_digest(std::string_view text) {
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// What a reader needs to trust: no exception leaves, a wrong type is no entry.
template <class T>
bool take(const Json& object, const char* key, T& out) {
  const auto found = object.find(key);
  if (found == object.end()) return true;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!found->is_string()) return false;
    out = found->get<std::string>();
  } else {
    if (!found->is_number_integer()) return false;
    out = found->get<T>();
  }
  return true;
}

}  // namespace

std::string audit_origin() {
  return std::string(kDigits, '0');
}

std::string audit_json(const AuditEntry& entry) {
  Json out = {{"seq", entry.seq},
              {"at", base::rfc3339(entry.at)},
              {"atNanos", entry.at.time_since_epoch().count()},
              {"event", entry.event}};
  const auto add = [&out](const char* key, const std::string& text) {
    constexpr std::size_t kTextMax = 2000;
    if (!text.empty()) out[key] = base::cut(text, kTextMax);
  };
  add("drill", entry.drill);
  add("subject", entry.subject);
  add("text", entry.text);
  if (entry.uid >= 0) out["uid"] = entry.uid;
  add("user", entry.user);
  add("host", entry.host);
  add("command", entry.command);
  if (entry.write_before > base::Duration::zero()) {
    out["writeBeforeMicros"] = entry.write_before.count() / 1000;
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<AuditEntry> parse_audit_json(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  AuditEntry out;
  std::int64_t nanos = 0, micros = 0;
  const bool good = take(object, "seq", out.seq) && take(object, "atNanos", nanos) &&
                    take(object, "event", out.event) && take(object, "drill", out.drill) &&
                    take(object, "subject", out.subject) && take(object, "text", out.text) &&
                    take(object, "uid", out.uid) && take(object, "user", out.user) &&
                    take(object, "host", out.host) && take(object, "command", out.command) &&
                    take(object, "writeBeforeMicros", micros);
  constexpr std::int64_t kMicrosMax = 1'000'000'000'000;
  if (!good || out.event.empty() || micros < 0 || micros > kMicrosMax) return std::nullopt;
  out.at = base::WallTime(base::Duration(nanos));
  out.write_before = base::Duration(micros * 1000);
  return out;
}

std::string chain_audit(std::string_view head, std::string_view json) {
  const auto before = crypto::from_hex(head);
  const std::string_view bytes(before ? reinterpret_cast<const char*>(before->data()) : nullptr,
                               before ? before->size() : 0);
  return crypto::hex(crypto::sha256({bytes, json}));
}

std::optional<AuditLine> split_audit_line(std::string_view line) {
  if (line.size() < kDigits + 3 || line[kDigits] != ' ' || !is_digest(line.substr(0, kDigits))) {
    return std::nullopt;
  }
  return AuditLine{line.substr(0, kDigits), line.substr(kDigits + 1)};
}

namespace {

/// Reads line by line; what holds is an entry, and what does not has to be owned up to by the next
/// entry that holds.
class AuditReader {
 public:
  AuditTrailRead run(std::string_view bytes) {
    out_.head = audit_origin();
    while (out_.damage.empty() && !bytes.empty()) {
      ++line_;
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) {
        out_.torn = bytes.size();
        break;
      }
      take(bytes.substr(0, end));
      bytes.remove_prefix(end + 1);
    }
    if (broken_ > 0 && out_.damage.empty()) blame(first_broken_);
    return std::move(out_);
  }

 private:
  void take(std::string_view line) {
    const auto split = split_audit_line(line);
    if (!split || chain_audit(out_.head, split->json) != split->digest) {
      if (broken_ == 0) first_broken_ = line_;
      broken_ += line.size() + 1;
      return;
    }
    auto entry = parse_audit_json(split->json);
    if (!entry || entry->seq != out_.entries.size() + 1) return blame(line_);
    if (broken_ > 0) {
      const bool owned = entry->event == kLineRepaired && entry->subject == std::to_string(broken_);
      if (!owned) return blame(first_broken_);
      ++out_.repaired;
      broken_ = 0;
    }
    entry->digest = split->digest;
    out_.head = entry->digest;
    out_.entries.push_back(std::move(*entry));
  }

  void blame(std::size_t line) {
    out_.damage = fmt::format("line {}, entry {}, was changed, or entries before it are missing",
                              line, out_.entries.size() + 1);
  }

  AuditTrailRead out_;
  std::size_t line_ = 0, first_broken_ = 0;
  std::uint64_t broken_ = 0;  // bytes, newlines included
};

}  // namespace

AuditTrailRead read_audit(std::string_view bytes) {
  return AuditReader().run(bytes);
}

}  // namespace store
