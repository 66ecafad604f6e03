// One thread writes, so that no probe ever waits for the disk; callers only queue. A ticket counts
// as durable after the sync that follows its reservations. The first failure ends all writing, and
// with it all tickets: nothing is sent any more that the ledger could not vouch for.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <variant>

#include "base/check.h"
#include "store/ledger.h"
#include "store/ledger_format.h"

namespace store {

using ledger_format::Encoder;
using ledger_format::Kind;

namespace {
struct Plain {  // a frame that needs no sync: encoded by the caller
  Kind kind;
  std::string payload;
};
using Records = std::vector<drill::Record>;
struct Reservations {
  std::uint64_t ticket;
  std::vector<Reservation> list;
};
using Job = std::variant<Plain, Records, Reservations>;

constexpr std::size_t kRecordsPerFrame = 65'536;

Plain anchor_frame(const drill::ClockAnchor& anchor) {
  Encoder out;
  out.time(anchor.steady);
  out.duration(anchor.wall.time_since_epoch());
  return {Kind::Anchor, out.bytes()};
}
}  // namespace

class LedgerWriter::Impl {
 public:
  explicit Impl(std::unique_ptr<LedgerFile> file) : file_(std::move(file)) {}

  base::Result<> begin(const std::string& drill_id, drill::ClockAnchor anchor) {
    TRY(file_->append(ledger_format::kMagic));
    written_ = ledger_format::kMagic.size();
    Encoder id;
    id.text(drill_id);
    TRY(write(Kind::Begin, id.bytes()));
    const Plain first = anchor_frame(anchor);
    TRY(write(first.kind, first.payload));
    TRY(sync());
    thread_ = std::thread([this] { work(); });
    return {};
  }

  void push(Job job) {
    {
      const std::scoped_lock hold(mutex_);
      queue_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

  /// Ends the thread after it has written what is queued.
  base::Result<> close() {
    {
      const std::scoped_lock hold(mutex_);
      closing_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) {
      thread_.join();
    }
    const auto first = error();
    return first ? base::Result<>(tl::unexpected(*first)) : base::Result<>{};
  }

  std::uint64_t reserve(std::vector<Reservation> list) {
    const std::uint64_t ticket = ++tickets_;
    push(Reservations{ticket, std::move(list)});
    return ticket;
  }
  bool durable(std::uint64_t ticket) const {
    return durable_ticket_.load(std::memory_order_acquire) >= ticket;
  }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  std::optional<base::Error> error() const {
    const std::scoped_lock hold(mutex_);
    return error_;
  }

 private:
  void work() {
    std::deque<Job> taken;
    bool more = true;
    while (more) {
      {
        std::unique_lock hold(mutex_);
        wake_.wait(hold, [this] { return closing_ || !queue_.empty(); });
        taken.swap(queue_);
        more = !taken.empty() || !closing_;
      }
      for (auto& job : taken) {
        keep(std::visit([this](auto& one) { return perform(one); }, job));
      }
      taken.clear();
    }
    keep(end());
  }

  // The first failure is final: what follows a hole in the file could not be trusted.
  void keep(base::Result<> outcome) {
    if (!outcome && !failed()) {
      const std::scoped_lock hold(mutex_);
      error_ = std::move(outcome.error());
      failed_.store(true, std::memory_order_release);
    }
  }

  base::Result<> perform(const Plain& job) { return write(job.kind, job.payload); }

  base::Result<> perform(const Records& records) {
    for (std::size_t at = 0; at < records.size(); at += kRecordsPerFrame) {
      Encoder out;
      for (std::size_t i = at; i < std::min(records.size(), at + kRecordsPerFrame); ++i) {
        out.record(records[i]);
      }
      TRY(write(Kind::Records, out.bytes()));
    }
    return {};
  }

  base::Result<> perform(const Reservations& reservations) {
    Encoder out;
    for (const auto& one : reservations.list) {
      out.reservation(one);
    }
    TRY(write(Kind::Reserve, out.bytes()));
    TRY(sync());
    if (!failed()) {
      durable_ticket_.store(reservations.ticket, std::memory_order_release);
    }
    return {};
  }

  base::Result<> end() {
    TRY(sync());
    TRY(write(Kind::End, {}));
    return sync();
  }

  base::Result<> write(Kind kind, std::string_view payload) {
    if (failed()) {
      return {};
    }
    const std::string bytes = ledger_format::frame(kind, durable_, payload);
    TRY(file_->append(bytes));
    written_ += bytes.size();
    return {};
  }

  base::Result<> sync() {
    if (failed()) {
      return {};
    }
    TRY(file_->sync());
    durable_ = written_;
    return {};
  }

  std::unique_ptr<LedgerFile> file_;
  std::atomic<std::uint64_t> tickets_ = 0;
  std::atomic<std::uint64_t> durable_ticket_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t durable_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool closing_ = false;
  std::optional<base::Error> error_;
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

LedgerWriter::LedgerWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

LedgerWriter::~LedgerWriter() {
  static_cast<void>(close());
}

base::Result<std::unique_ptr<LedgerWriter>> LedgerWriter::create(std::unique_ptr<LedgerFile> file,
                                                                 const std::string& drill_id,
                                                                 drill::ClockAnchor anchor) {
  auto impl = std::make_unique<Impl>(std::move(file));
  TRY(impl->begin(drill_id, anchor));
  return std::unique_ptr<LedgerWriter>(new LedgerWriter(std::move(impl)));
}

void LedgerWriter::add_stream(drill::StreamInfo stream) {
  Encoder out;
  out.stream(stream);
  impl_->push(Plain{Kind::Stream, out.bytes()});
}

void LedgerWriter::add_server(std::uint16_t id, std::string name, std::string instance) {
  Encoder out;
  out.u16(id);
  out.text(name);
  out.text(instance);
  impl_->push(Plain{Kind::Server, out.bytes()});
}

void LedgerWriter::add_anchor(drill::ClockAnchor anchor) {
  impl_->push(anchor_frame(anchor));
}

void LedgerWriter::add_stall(drill::StreamId stream, drill::Stall stall) {
  Encoder out;
  out.u16(stream.value());
  out.time(stall.from);
  out.time(stall.to);
  impl_->push(Plain{Kind::Stall, out.bytes()});
}

void LedgerWriter::append(std::vector<drill::Record> records) {
  if (!records.empty()) {
    impl_->push(std::move(records));
  }
}

std::uint64_t LedgerWriter::reserve(std::vector<Reservation> reservations) {
  for (const auto& one : reservations) {
    CHECK(one.first_seq > 0 && one.last_seq >= one.first_seq &&
          one.last_seq - one.first_seq < ledger_format::kReservedOperationsMax);
  }
  return impl_->reserve(std::move(reservations));
}

void LedgerWriter::release(drill::StreamId stream, std::uint64_t last_used) {
  Encoder out;
  out.u16(stream.value());
  out.u64(last_used);
  impl_->push(Plain{Kind::Release, out.bytes()});
}

bool LedgerWriter::durable(std::uint64_t ticket) const {
  return impl_->durable(ticket);
}

bool LedgerWriter::failed() const {
  return impl_->failed();
}

std::optional<base::Error> LedgerWriter::error() const {
  return impl_->error();
}

base::Result<> LedgerWriter::close() {
  return impl_->close();
}

}  // namespace store
