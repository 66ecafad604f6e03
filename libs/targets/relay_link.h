// One connection through the relay: two directions that share a fate.
//
// A direction reads whenever its queue has room, stamps each chunk with the time at which it may
// leave, and writes the first chunk once that time has come. pump() starts whatever may be started
// and is called after every event, so there is one place that decides and none that waits.
// Callbacks instead of coroutines: this is the one hot path of the relay, and a change of the
// setting has to act on reads and writes that are under way.
//
// A link owns itself until it is dead, because a silenced one has no handler under way that could;
// then its last handler destroys it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/time.h"
#include "targets/relay.h"

namespace targets {

/// What all links of a relay read (the setting) and write (the counts).
struct RelayShared {
  RelayStatus status;
  aio::asio::ip::tcp::endpoint upstream;
};

class RelayLink : public std::enable_shared_from_this<RelayLink> {
 public:
  using Socket = aio::asio::ip::tcp::socket;

  RelayLink(aio::Clock& clock, RelayShared& shared, Socket client);
  RelayLink(const RelayLink&) = delete;
  RelayLink& operator=(const RelayLink&) = delete;
  ~RelayLink();

  /// Connects to the upstream as soon as the setting lets bytes through.
  void start();
  /// Looks at the setting again.
  void setting_changed();
  /// Ends both sides at once, with RST; queued bytes are gone.
  void reset();

 private:
  struct Chunk {
    base::TimePoint due;
    std::string bytes;
  };
  struct Direction {
    Socket* from = nullptr;
    Socket* to = nullptr;
    std::uint64_t* delivered = nullptr;
    std::unique_ptr<aio::Alarm> alarm;
    std::deque<Chunk> queue;
    std::size_t queued_bytes = 0;
    bool reading = false;
    bool writing = false;
    bool source_ended = false;
    bool source_failed = false;  // not by FIN; passed on as RST once the setting lets it
    bool finished = false;
    std::array<char, 64UL * 1024> buffer{};
  };

  void connect();
  void pump(Direction& direction);
  void read_some(Direction& direction);
  void write_first(Direction& direction);
  void came(Direction& direction, std::size_t size);
  void source_closed(Direction& direction, const boost::system::error_code& error);
  void finish(Direction& direction);
  const RelaySetting& setting() const { return shared_.status.setting; }
  bool held() const { return setting().mode == RelayMode::BlackHole; }

  aio::Clock& clock_;
  RelayShared& shared_;
  Socket client_;
  Socket upstream_;
  Direction up_;
  Direction down_;
  std::shared_ptr<RelayLink> self_;
  bool connecting_ = false;
  bool connected_ = false;
  bool dead_ = false;
};

}  // namespace targets
