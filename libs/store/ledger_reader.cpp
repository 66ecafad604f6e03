// Reads a ledger back, also one whose writer died: frames are read up to the first torn one, and
// operations that were reserved but never answered come out as unknown, never as failed or good,
// since nobody saw how they ended.
#include <algorithm>
#include <errno.h>
#include <fstream>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "store/ledger.h"
#include "store/ledger_format.h"

namespace store {

using ledger_format::Decoder;
using ledger_format::Frame;
using ledger_format::Kind;

namespace {
// A drill that died had at most some seconds reserved and unanswered.
constexpr std::uint64_t kUnknownMax = 4'000'000;

bool by_stream_and_seq(const drill::Record& a, const drill::Record& b) {
  return std::pair(a.stream, a.seq) < std::pair(b.stream, b.seq);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  base::Result<Ledger> read() {
    TRY(check_magic());
    at_ = ledger_format::kMagic.size();
    while (at_ < bytes_.size() && !ledger_.closed) {
      const auto frame = ledger_format::parse_frame(bytes_.substr(at_));
      if (!frame) {
        TRY(judge_broken_tail());
        break;
      }
      TRY(take(*frame));
      at_ += frame->size;
    }
    if (at_ < bytes_.size() && ledger_.torn_at == 0) {
      return damaged("bytes after the end mark");
    }
    TRY(join());
    return std::move(ledger_);
  }

 private:
  base::Result<> check_magic() const {
    const auto magic = bytes_.substr(0, ledger_format::kMagic.size());
    if (magic == ledger_format::kMagic) {
      return {};
    }
    constexpr std::size_t kNameBytes = 7;
    if (magic.substr(0, kNameBytes) == ledger_format::kMagic.substr(0, kNameBytes) &&
        magic.size() > kNameBytes) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("the ledger has format version {:?}, this program reads '1'",
                                    magic.substr(kNameBytes)));
    }
    return base::fail(base::Code::InvalidArgument, "not a ledger: it does not begin with MUSTERL1");
  }

  tl::unexpected<base::Error> damaged(std::string_view what) const {
    return base::fail(base::Code::DataLoss,
                      fmt::format("the ledger is damaged at offset {}: {}", at_, what));
  }

  /// A later frame that knows of a sync beyond this place proves that it once was whole.
  base::Result<> judge_broken_tail() {
    for (std::size_t at = at_ + 1; at + ledger_format::kHeaderBytes <= bytes_.size(); ++at) {
      const auto later = ledger_format::parse_frame(bytes_.substr(at));
      if (later && later->durable > at_) {
        return damaged("a checksum does not match");
      }
    }
    ledger_.torn_at = at_;
    return {};
  }

  base::Result<> take(const Frame& frame) {
    Decoder in(frame.payload);
    switch (frame.kind) {
      case Kind::Begin: ledger_.drill_id = in.text(); break;
      case Kind::Anchor: take_anchor(in); break;
      case Kind::Stream: ledger_.streams.push_back(in.stream()); break;
      case Kind::Server: take_server(in); break;
      case Kind::Reserve: take_reservations(in); break;
      case Kind::Records:
        while (in.ok() && !in.at_end()) {
          ledger_.records.push_back(in.record());
        }
        break;
      case Kind::Release: take_release(in); break;
      case Kind::Stall:
        in.u16();
        take_stall(in);
        break;
      case Kind::End: ledger_.closed = true; break;
      default: in.refuse();
    }
    if (!in.ok() || !in.at_end()) {
      return damaged("a frame makes no sense");
    }
    return {};
  }

  void take_anchor(Decoder& in) {
    drill::ClockAnchor anchor;
    anchor.steady = in.time();
    anchor.wall = base::WallTime(in.duration());
    ledger_.anchors.push_back(anchor);
  }

  void take_server(Decoder& in) {
    const std::size_t id = in.u16();
    if (id != ledger_.servers.size()) {
      in.refuse();
      return;
    }
    ledger_.servers.push_back(in.text());
    ledger_.server_instances.push_back(in.text());
  }

  void take_stall(Decoder& in) {
    drill::Stall stall;
    stall.from = in.time();
    stall.to = in.time();
    ledger_.stalls.push_back(stall);
  }

  void take_reservations(Decoder& in) {
    while (in.ok() && !in.at_end()) {
      const Reservation one = in.reservation();
      auto& list = reserved_[one.stream];
      if (!list.empty() && one.first_seq <= list.back().last_seq) {
        in.refuse();
      }
      list.push_back(one);
    }
  }

  void take_release(Decoder& in) {
    auto& list = reserved_[drill::StreamId(in.u16())];
    const std::uint64_t last_used = in.u64();
    while (!list.empty() && list.back().first_seq > last_used) {
      list.pop_back();
    }
    if (!list.empty()) {
      list.back().last_seq = std::min(list.back().last_seq, last_used);
    }
  }

  /// Sorts what is known and adds what is not.
  base::Result<> join() {
    auto& records = ledger_.records;
    std::sort(records.begin(), records.end(), by_stream_and_seq);
    const auto twice = std::adjacent_find(records.begin(), records.end(), [](auto& a, auto& b) {
      return a.stream == b.stream && a.seq == b.seq;
    });
    if (twice != records.end()) {
      return base::fail(base::Code::DataLoss,
                        fmt::format("the ledger has two records for operation {} of stream {}",
                                    twice->seq, twice->stream.value()));
    }
    std::vector<drill::Record> unknown;
    for (const auto& [stream, list] : reserved_) {
      TRY(add_unknown(list, unknown));
    }
    ledger_.unknown = unknown.size();
    records.insert(records.end(), unknown.begin(), unknown.end());
    std::sort(records.begin(), records.end(), by_stream_and_seq);
    return {};
  }

  base::Result<> add_unknown(const std::vector<Reservation>& list,
                             std::vector<drill::Record>& unknown) const {
    for (const auto& one : list) {
      drill::Record lost;
      lost.stream = one.stream;
      lost.seq = one.first_seq;
      lost.outcome = drill::Outcome::Info;
      lost.cause = drill::Cause::Stopped;
      auto known =
          std::lower_bound(ledger_.records.begin(), ledger_.records.end(), lost, by_stream_and_seq);
      for (; lost.seq <= one.last_seq; ++lost.seq) {
        if (known != ledger_.records.end() && known->stream == one.stream &&
            known->seq == lost.seq) {
          ++known;
          continue;
        }
        // Unsigned: a damaged start time may not overflow.
        const auto offset =
            (lost.seq - one.first_seq) * static_cast<std::uint64_t>(one.interval.count());
        lost.scheduled = base::TimePoint(base::Duration(static_cast<std::int64_t>(
            static_cast<std::uint64_t>(one.first_due.time_since_epoch().count()) + offset)));
        unknown.push_back(lost);
        if (unknown.size() > kUnknownMax) {
          return base::fail(base::Code::DataLoss, "the ledger reserves more than it can have sent");
        }
      }
    }
    return {};
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  Ledger ledger_{{}, {}, {}, {""}, {""}, {}, {}, 0, false, 0};
  std::map<drill::StreamId, std::vector<Reservation>> reserved_;
};
}  // namespace

base::Result<Ledger> parse_ledger(std::string_view bytes) {
  return Reader(bytes).read();
}

base::Result<Ledger> read_ledger(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return base::fail_errno("cannot read the ledger " + path, errno != 0 ? errno : EIO);
  }
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) {
    return base::fail_errno("cannot read the ledger " + path, EIO);
  }
  auto ledger = parse_ledger(bytes);
  if (!ledger) {
    return tl::unexpected(ledger.error().with(path));
  }
  return ledger;
}

}  // namespace store
