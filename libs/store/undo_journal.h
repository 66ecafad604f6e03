// Undo before do: what must be carried out to put a target back is on disk before the target is
// touched, so that a drill whose process died at any point can be undone by the next one.
//
// The file is lines, readable by people, each `MUJ1 <length> <crc32c hex> <json>\n`:
//   {"seq":0,"header":{"version":1,"drill":"…"}}           first, once
//   {"seq":1,"record":{"part":"fault:0","name":…,"kind":…,"params":…,"undo":…,"rule":…}}
//   {"seq":2,"result":{"part":"fault:0","result":"Applied|Failed|Unknown","detail":…}}
//   {"seq":3,"undoing":{"part":"fault:0"}}                 its undo begins, promotion being ruled
//   out
//   {"seq":4,"undone":{"part":"fault:0"}}                  what was undone before it and is older,
//                                                          is to be undone again
//   {"seq":5,"closed":{"whole":true,"detail":…}}            whole: nothing follows, nothing to
//   recover
//
// An append returns ok only after fdatasync. If it fails at any step the action it speaks of is not
// done: the file is cut back to its last durable entry, and if even that fails the journal takes
// no more appends. A crash can tear only the last entry, since each is durable before the next
// begins: short, or with blocks of zeros. That is tolerated and cut off. Anything else that does
// not match its checksum is damage, refused with its offset: guessing an undo is worse than asking.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drill/engine.h"

namespace store {

/// The file under a journal, so that every I/O failure can be played in tests.
class JournalFile {
 public:
  virtual ~JournalFile() = default;
  /// Appends all of it or fails; a failure may leave a part behind.
  virtual base::Result<> append(std::string_view bytes) = 0;
  virtual base::Result<> sync() = 0;
  virtual base::Result<> truncate(std::uint64_t size) = 0;
  virtual base::Result<std::string> read_all() = 0;
};

/// A file on disk, created with mode 0600 together with a durable directory entry.
base::Result<std::unique_ptr<JournalFile>> open_journal_file(const std::string& path);

/// What an undo needs. `params` and `undo` are JSON values; undo "null": there is none.
struct UndoRecord {
  std::string part;  // "fault:0", "step:3": drill::to_string(PartId)
  std::string name;
  std::string kind;
  std::string params = "null";
  std::string undo = "null";
  std::string rule = "None";  // None, IfNotPromoted, Always: drill::name(Undo)
  bool forward_only = false;
  bool operator==(const UndoRecord&) const = default;
};

/// One part as the whole journal tells it.
struct JournalEntry {
  enum class State : std::uint8_t { Recorded, Applied, Failed, Unknown };
  UndoRecord record;
  State state = State::Recorded;  // Recorded: no result came; to be treated as Unknown
  std::string detail;
  bool undone = false;
  bool undoing = false;  // no standby was promoted: its undo was begun
  bool operator==(const JournalEntry&) const = default;
};
const char* name(JournalEntry::State state);

struct JournalContents {
  std::string drill;
  std::vector<JournalEntry> entries;  // in order of recording
  bool closed = false;
  bool whole = false;
  std::optional<std::uint64_t> torn_at;  // offset of a torn last entry, ignored
  std::uint64_t size = 0;                // bytes up to the last good entry
  std::uint64_t next_seq = 0;
  /// True while something may have been done that was not undone.
  bool needs_recovery() const;
  bool operator==(const JournalContents&) const = default;
};

/// Reads a journal's bytes. An empty text is an empty journal (the process died before it wrote).
/// Errors: DataLoss with the offset; InvalidArgument for a version that is not known.
base::Result<JournalContents> parse_journal(std::string_view bytes);

/// What Engine::resume has to put back. Errors: DataLoss where a part or a rule is not known.
base::Result<std::vector<drill::Leftover>> leftovers_of(const JournalContents& contents);

class UndoJournal {
 public:
  /// Starts a journal in an empty file. Errors: AlreadyExists when the file has entries.
  static base::Result<UndoJournal> create(std::unique_ptr<JournalFile> file, std::string drill);
  /// Continues one after a crash: a torn last entry is cut off.
  static base::Result<UndoJournal> reopen(std::unique_ptr<JournalFile> file);

  /// Durable when it returns ok; not done at all otherwise.
  base::Result<> record(const UndoRecord& record);
  base::Result<> result(const std::string& part, JournalEntry::State state,
                        const std::string& detail);
  /// An undo that is right only without a promotion begins: whoever resumes may find nobody to ask.
  base::Result<> undoing(const std::string& part);
  base::Result<> undone(const std::string& part);
  base::Result<> close(bool whole, const std::string& detail);

  const JournalContents& contents() const { return contents_; }

 private:
  UndoJournal(std::unique_ptr<JournalFile> file, JournalContents contents);
  base::Result<> append(std::string_view kind, std::string_view json_body);

  std::unique_ptr<JournalFile> file_;
  JournalContents contents_;
  bool poisoned_ = false;  // the file could not be cut back: what it holds is not known
};

}  // namespace store
