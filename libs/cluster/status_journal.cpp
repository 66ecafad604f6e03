#include "cluster/status_journal.h"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

namespace cluster {
namespace {

/// An object of etcd may have 1.5 MiB; a journal of some dozens of parts has some ten KiB.
constexpr std::size_t kTextMax = 256 * 1024;

class StatusJournal final : public store::JournalFile {
 public:
  StatusJournal(JournalOwner owner, std::string text)
      : owner_(std::move(owner)), text_(std::move(text)) {}

  base::Result<> connect(const Connect& connect, base::Duration limit) {
    kube::ClientOptions options;
    options.user_agent = "muster/journal";
    options.timeout = limit;
    TRY(client_, connect(clock_, context_.get_executor(), std::move(options)));
    return {};
  }

  base::Result<> append(std::string_view bytes) override {
    if (text_.size() + bytes.size() > kTextMax) {
      return base::fail(base::Code::ResourceExhausted,
                        fmt::format("the undo journal of a Drill may have {} bytes", kTextMax));
    }
    text_.append(bytes);
    return {};
  }

  base::Result<> sync() override {
    TRY(const store::JournalContents contents, store::parse_journal(text_));
    const bool open = contents.needs_recovery();
    DrillWriter writer(*client_, owner_.drill);
    if (open && !held_) TRY(hold(writer));
    TRY(aio::run(context_, writer.write(owner_.object_uid, owner_.runner_uid,
                                        {{"journal", api::Node(text_)}}, {})));
    // What is left is a finalizer too many, which whoever ends the drill removes.
    if (!open && may_hold_) let_go(writer);
    return {};
  }

  base::Result<> truncate(std::uint64_t size) override {
    if (size < text_.size()) text_.resize(size);
    return {};
  }

  base::Result<std::string> read_all() override { return text_; }

 private:
  base::Result<> hold(DrillWriter& writer) {
    may_hold_ = true;  // a request that was not answered may have been carried out
    TRY(aio::run(context_, writer.hold(owner_.object_uid, owner_.runner_uid, {})));
    held_ = true;
    return {};
  }

  void let_go(DrillWriter& writer) {
    if (aio::run(context_, writer.let_go(owner_.object_uid, {}))) held_ = may_hold_ = false;
  }

  JournalOwner owner_;
  std::string text_;
  bool held_ = false;      // the finalizer is there
  bool may_hold_ = false;  // or was asked for
  aio::SystemClock clock_;
  boost::asio::io_context context_;
  std::unique_ptr<kube::Client> client_;
};

}  // namespace

base::Result<std::unique_ptr<store::JournalFile>> open_status_journal(const Connect& connect,
                                                                      JournalOwner owner,
                                                                      std::string text,
                                                                      base::Duration limit) {
  auto journal = std::make_unique<StatusJournal>(std::move(owner), std::move(text));
  TRY(journal->connect(connect, limit));
  return std::unique_ptr<store::JournalFile>(std::move(journal));
}

}  // namespace cluster
