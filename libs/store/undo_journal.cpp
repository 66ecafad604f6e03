#include "store/undo_journal.h"

#include <algorithm>
#include <charconv>

#include <boost/crc.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace store {

namespace {

using base::Code;
using base::fail;
using nlohmann::json;

constexpr std::string_view kMagic = "MUJ1 ";
constexpr int kVersion = 1;
constexpr std::size_t kLineMax = 4U << 20U;  // an undo of 4 MiB is a bug, not an undo

// CRC-32C (Castagnoli): RFC 3720, appendix B.4.
std::uint32_t checksum(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::string frame(std::string_view body) {
  return fmt::format("{}{} {:08x} {}\n", kMagic, body.size(), checksum(body), body);
}

struct Framed {
  std::string_view body;
  std::size_t size = 0;  // with its frame
};

template <class Number>
bool read_number(std::string_view& text, Number& out, int radix) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, radix);
  if (error != std::errc{} || end == text.data() + text.size() || *end != ' ') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

/// The entry at the beginning of the bytes, if it is all there and intact.
std::optional<Framed> unframe(std::string_view bytes) {
  std::string_view rest = bytes;
  if (rest.substr(0, kMagic.size()) != kMagic) return std::nullopt;
  rest.remove_prefix(kMagic.size());
  std::size_t length = 0;
  std::uint32_t sum = 0;
  if (!read_number(rest, length, 10) || length > kLineMax) return std::nullopt;
  const std::string_view digits = rest.substr(0, 8);
  if (!read_number(rest, sum, 16) || digits.find(' ') != std::string_view::npos)
    return std::nullopt;
  if (rest.size() < length + 1 || rest[length] != '\n') return std::nullopt;
  const auto body = rest.substr(0, length);
  if (checksum(body) != sum) return std::nullopt;
  return Framed{body, bytes.size() - rest.size() + length + 1};
}

/// Whether a crash during an append can have left these bytes: the entry stops short, or blocks
/// that never reached the disk read as zeros. A whole line with another checksum is damage.
bool may_be_torn(std::string_view bytes) {
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (unframe(bytes.substr(at + 1))) return false;  // a good entry follows
  }
  if (bytes.find('\0') != std::string_view::npos) return true;
  return bytes.find('\n') == std::string_view::npos;
}

base::Result<JournalEntry::State> state_of(const std::string& text) {
  for (const auto state :
       {JournalEntry::State::Applied, JournalEntry::State::Failed, JournalEntry::State::Unknown}) {
    if (text == name(state)) return state;
  }
  return fail(Code::DataLoss, fmt::format("result '{}' is not known", text));
}

JournalEntry* find(JournalContents& contents, const std::string& part) {
  const auto it = std::find_if(contents.entries.begin(), contents.entries.end(),
                               [&](const JournalEntry& e) { return e.record.part == part; });
  return it == contents.entries.end() ? nullptr : &*it;
}

base::Result<JournalEntry*> need(JournalContents& contents, const json& body) {
  const auto part = body.at("part").get<std::string>();
  if (JournalEntry* entry = find(contents, part)) return entry;
  return fail(Code::DataLoss, fmt::format("'{}' was never recorded", part));
}

json record_json(const UndoRecord& record) {
  return {{"part", record.part},
          {"name", record.name},
          {"kind", record.kind},
          {"params", json::parse(record.params)},
          {"undo", json::parse(record.undo)},
          {"rule", record.rule},
          {"forwardOnly", record.forward_only}};
}

base::Result<> replay_record(const json& body, JournalContents& contents) {
  JournalEntry entry;
  entry.record = {body.at("part").get<std::string>(),
                  body.at("name").get<std::string>(),
                  body.at("kind").get<std::string>(),
                  body.at("params").dump(),
                  body.at("undo").dump(),
                  body.at("rule").get<std::string>(),
                  body.at("forwardOnly").get<bool>()};
  if (find(contents, entry.record.part) != nullptr) {
    return fail(Code::DataLoss, fmt::format("'{}' is recorded twice", entry.record.part));
  }
  contents.entries.push_back(std::move(entry));
  return {};
}

base::Result<> replay_header(const json& body, JournalContents& contents) {
  const int version = body.at("version").get<int>();
  if (version != kVersion) {
    return fail(
        Code::InvalidArgument,
        fmt::format("journal version {} is not known, this program reads {}", version, kVersion));
  }
  contents.drill = body.at("drill").get<std::string>();
  return {};
}

/// One entry's effect on what the journal tells. Throws json exceptions for a wrong shape.
base::Result<> replay(const json& line, JournalContents& contents) {
  if (line.at("seq").get<std::uint64_t>() != contents.next_seq) {
    return fail(Code::DataLoss,
                fmt::format("entry {} stands where {} belongs", line.at("seq").get<std::uint64_t>(),
                            contents.next_seq));
  }
  if (contents.closed && contents.whole) {
    return fail(Code::DataLoss, "an entry after the journal was closed");
  }
  contents.closed = false;  // a drill that was not whole is taken up again
  if (line.contains("header") != (contents.next_seq == 0)) {
    return fail(Code::DataLoss, "the header is not the first entry");
  }
  if (line.contains("header")) {
    TRY(replay_header(line["header"], contents));
  } else if (line.contains("record")) {
    TRY(replay_record(line["record"], contents));
  } else if (line.contains("result")) {
    TRY(JournalEntry * entry, need(contents, line["result"]));
    TRY(const auto state, state_of(line["result"].at("result").get<std::string>()));
    entry->state = state;
    entry->detail = line["result"].at("detail").get<std::string>();
    entry->undone = false;  // a result that comes after the undo: the do may have landed after it
    if (entry->record.forward_only) {
      // What was found out about a promotion before its result came is open again.
      for (JournalEntry& one : contents.entries) one.undoing = false;
    }
  } else if (line.contains("undoing")) {
    TRY(JournalEntry * entry, need(contents, line["undoing"]));
    entry->undoing = true;
  } else if (line.contains("undone")) {
    TRY(JournalEntry * entry, need(contents, line["undone"]));
    entry->undone = true;
    // One that comes late puts back what was before it, over what earlier parts were put back to.
    for (JournalEntry& older : contents.entries) {
      if (&older == entry) break;
      if (older.record.rule == entry->record.rule) older.undone = false;
    }
  } else if (line.contains("closed")) {
    contents.closed = true;
    contents.whole = line["closed"].at("whole").get<bool>();
  } else {
    return fail(Code::DataLoss, "an entry of no known kind");
  }
  ++contents.next_seq;
  return {};
}

base::Result<> replay_text(std::string_view body, JournalContents& contents) {
  try {
    return replay(json::parse(body), contents);
  } catch (const json::exception& e) {
    return fail(Code::DataLoss, e.what());
  }
}

}  // namespace

const char* name(JournalEntry::State state) {
  switch (state) {
    case JournalEntry::State::Recorded: return "Recorded";
    case JournalEntry::State::Applied: return "Applied";
    case JournalEntry::State::Failed: return "Failed";
    case JournalEntry::State::Unknown: return "Unknown";
  }
  return "?";
}

bool JournalContents::needs_recovery() const {
  return !entries.empty() && !(closed && whole);
}

base::Result<JournalContents> parse_journal(std::string_view bytes) {
  JournalContents contents;
  while (contents.size < bytes.size()) {
    const auto rest = bytes.substr(contents.size);
    const auto framed = unframe(rest);
    if (!framed) {
      if (!may_be_torn(rest)) {
        return fail(Code::DataLoss, fmt::format("undo journal: damaged at offset {}, entry {}",
                                                contents.size, contents.next_seq));
      }
      contents.torn_at = contents.size;
      return contents;
    }
    if (auto applied = replay_text(framed->body, contents); !applied) {
      return tl::unexpected(
          applied.error().with(fmt::format("undo journal: offset {}", contents.size)));
    }
    contents.size += framed->size;
  }
  return contents;
}

base::Result<std::vector<drill::Leftover>> leftovers_of(const JournalContents& contents) {
  std::vector<drill::Leftover> out;
  for (const JournalEntry& entry : contents.entries) {
    drill::Leftover left;
    left.name = entry.record.name;
    left.forward_only = entry.record.forward_only;
    // Without a result the do may have landed after its undo, with the process that died.
    left.restored = entry.undone && entry.state != JournalEntry::State::Recorded;
    left.undoing = entry.undoing;
    if (!drill::parse(entry.record.part, left.id) || !drill::parse(entry.record.rule, left.undo)) {
      return fail(Code::DataLoss, fmt::format("undo journal: '{}' with rule '{}' is not known",
                                              entry.record.part, entry.record.rule));
    }
    out.push_back(std::move(left));
  }
  return out;
}

UndoJournal::UndoJournal(std::unique_ptr<JournalFile> file, JournalContents contents)
    : file_(std::move(file)), contents_(std::move(contents)) {}

base::Result<UndoJournal> UndoJournal::create(std::unique_ptr<JournalFile> file,
                                              std::string drill) {
  TRY(const std::string bytes, file->read_all());
  TRY(auto contents, parse_journal(bytes));
  if (contents.next_seq > 0) {
    return fail(Code::AlreadyExists,
                fmt::format("there is an undo journal of drill '{}' already", contents.drill));
  }
  if (contents.torn_at) TRY(file->truncate(0));
  UndoJournal journal(std::move(file), {});
  TRY(journal.append("header", json{{"version", kVersion}, {"drill", drill}}.dump()));
  return journal;
}

base::Result<UndoJournal> UndoJournal::reopen(std::unique_ptr<JournalFile> file) {
  TRY(const std::string bytes, file->read_all());
  TRY(auto contents, parse_journal(bytes));
  if (contents.next_seq == 0) {
    return fail(Code::NotFound, "the undo journal is empty: its drill did nothing");
  }
  if (contents.torn_at) {
    TRY(file->truncate(contents.size));
    TRY(file->sync());
  }
  return UndoJournal(std::move(file), std::move(contents));
}

base::Result<> UndoJournal::append(std::string_view kind, std::string_view json_body) {
  if (poisoned_) {
    return fail(Code::DataLoss,
                "undo journal: an earlier write failed and could not be taken back");
  }
  const std::string body =
      fmt::format(R"({{"seq":{},"{}":{}}})", contents_.next_seq, kind, json_body);
  // First in memory: what does not fit the journal so far must never reach the disk.
  JournalContents after = contents_;
  TRY(replay_text(body, after));
  const std::string bytes = frame(body);
  after.size += bytes.size();
  auto written = file_->append(bytes);
  if (written) written = file_->sync();
  if (!written) {
    // After a failed fsync nobody knows what is on disk. The caller will not do what it wanted to
    // record, so the entry must not be there either.
    const auto cut = file_->truncate(contents_.size);
    poisoned_ = !cut || !file_->sync();
    return tl::unexpected(written.error().with("undo journal"));
  }
  contents_ = std::move(after);
  return {};
}

base::Result<> UndoJournal::record(const UndoRecord& record) {
  try {
    return append("record", record_json(record).dump());
  } catch (const json::exception& e) {
    return fail(Code::InvalidArgument,
                fmt::format("the undo of '{}' is no JSON: {}", record.name, e.what()));
  }
}

base::Result<> UndoJournal::result(const std::string& part, JournalEntry::State state,
                                   const std::string& detail) {
  const json body{{"part", part}, {"result", name(state)}, {"detail", detail}};
  // Details come from the outside world (stderr of a command) and need not be UTF-8.
  return append("result", body.dump(-1, ' ', false, json::error_handler_t::replace));
}

base::Result<> UndoJournal::undoing(const std::string& part) {
  return append("undoing", json{{"part", part}}.dump());
}

base::Result<> UndoJournal::undone(const std::string& part) {
  return append("undone", json{{"part", part}}.dump());
}

base::Result<> UndoJournal::close(bool whole, const std::string& detail) {
  const json body{{"whole", whole}, {"detail", detail}};
  return append("closed", body.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace store
