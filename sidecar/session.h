// A client's connection, from its acceptance to its end.
//
//   Handshake -> Idle                       over TLS, before anything else
//   Idle -> Head -> Exchange -> Idle …      a request is forwarded, and its response back
//           Head -> Replying -> Idle …      the sidecar answers: a filter, a refusal, no
//           application
//   Exchange of a request that waits for its turn in a filter (session_line.cpp)
//   Exchange of a request that waits for another of its kind (session_cache.cpp)
//   Exchange of TCP mode, or after 101      a tunnel: bytes in both directions, each with its end
//   any -> Lingering -> Closed              what was sent is not destroyed by a reset
//
// Both directions have one buffer each. Bytes are read into it only when it is empty, and written
// before more are read, so that whoever is slow makes the other side wait and memory stays what it
// is. The head of the request stays in the buffer until the exchange is over: filters look at it,
// and it can be sent once more.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "sidecar/active.h"
#include "sidecar/core.h"
#include "sidecar/fault_wait.h"
#include "sidecar/upstream.h"

namespace sidecar {

class Session final : public boost::intrusive_ref_counter<Session, boost::thread_unsafe_counter>,
                      public Connection {
 public:
  Session(Core& core, Socket socket, const tcp::endpoint& peer);
  ~Session() override;
  /// Serves the connection until it ends by itself.
  static void start(Core& core, Socket socket, const tcp::endpoint& peer);

  void drain() override;
  void cut() override;
  void wake() override;
  void turn() override;

  // What its Upstream tells.
  void upstream_connected(const error_code& error);
  void upstream_read();
  void upstream_written(const error_code& error);

 private:
  using Pointer = boost::intrusive_ptr<Session>;
  enum class Phase : std::uint8_t { Handshake, Idle, Head, Exchange, Replying, Lingering, Closed };
  /// What the deadline is of.
  enum class Wait : std::uint8_t {
    Handshake,
    Doze,      // idle for a moment: the buffer is given back
    Idle,      // for a request
    Head,      // for the rest of a head
    Connect,   // to the application
    Flight,    // for another request, which brings the same response
    Remote,    // for the second level of the cache
    Body,      // of the request, in either connection
    Response,  // for its head
    Stream,    // a body of which nothing moves
    Tunnel,    // the same of a tunnel
    Linger,    // for the client to close
    Turn,      // in a filter, for its turn
    Fault      // for a fault of a drill to pass
  };
  enum class Sent : std::uint8_t { Done, Waits, Failed };

  // session.cpp: the connection
  void begin();
  void read_client();
  void client_read(const error_code& error, std::size_t count);
  void wake_up();
  void drive();
  void rest();
  void wait(Wait what, base::Duration length);
  void ring();
  void doze();
  void too_late();
  void linger();
  void discard();
  void client_gone();
  void close();
  void reset();

  // session_tls.cpp: the same over TLS
  void begin_tls();
  void limit_handshake();
  void shake_hands();
  void handshake_failed(TlsFailure failure);
  void read_secure();
  void await_read(Socket::wait_type what);
  void secure_ready(const error_code& error);
  error_code write_secure(Gather& gather);
  void await_secure(Gather& gather);
  void end_sending();

  // session_request.cpp: from the client to the application
  void begin_active();
  bool read_head();
  void begin_exchange();
  void go_ahead();
  void begin_tcp();
  void acquire(bool kept);
  void send_request();
  void pump_request();
  void request_ended();
  Sent send_upstream();
  void upstream_broken();
  void progress();

  // session_response.cpp: from the application to the client
  void pump_response();
  bool read_response_head();
  bool pass_interim();
  bool begin_response();
  bool send_response(bool upgrade, std::string_view body);
  void begin_upgrade();
  void upstream_ended();
  void response_sent();
  Sent send_client();
  void await_client(Gather& gather);
  void client_written(const error_code& error, std::size_t count);

  // session_cache.cpp: what is stored, and what is to be
  bool consult_cache();
  void look_up();
  void lead();
  bool ask_remote(std::string variant);
  void remote_answered();
  void lead_on();
  void stop_waiting();
  bool cache_answers(const http1::ResponseHead& head);
  void renew(const http1::ResponseHead& head);
  void copy_for_cache(std::string_view bytes);
  bool stands_in() const;
  void serve_stale();
  void serve_stored(std::string_view how);
  void leave_cache();

  // session_reply.cpp: what the sidecar itself says, and ends
  void answer();
  void refuse(int status, std::string_view reason, std::string_view message);
  void fail(UpstreamError kind);
  bool may_retry(UpstreamError kind) const;
  void reply(Ended how, int status, std::string_view content_type, std::string_view body,
             bool keep);
  void reply_error(Ended how, int status, std::string_view reason, std::string_view message,
                   bool keep);
  void replied();
  void swallow_body();
  void drop_upstream();
  void keep_upstream();
  void finish(Ended how);

  // session_line.cpp: requests that a filter lets wait
  void stand_in_line();
  void look_at_line();
  void ask_again();
  void leave_line();

  // session_fault.cpp: what a drill lets happen to it
  void meet_fault();
  void answer_fault(int status);
  void end_in_fault();
  bool held_up(Way way, std::size_t bytes);
  bool hold_up(Way way, std::size_t bytes);
  void decide_anew();
  void stand(Way way, std::uint64_t fault, base::TimePoint until);
  void look_at_fault(Way way);
  void go_on(Way way);

  Core& core_;
  Socket client_socket_;
  std::unique_ptr<net::ServerStream> tls_;  // null: in the open
  Client client_;
  Buffer in_;  // from the client
  UpstreamPointer upstream_;
  std::unique_ptr<Active> active_;           // null: no request has begun
  std::unique_ptr<FaultWaits> fault_waits_;  // null: no fault has held it up yet
  Timer timer_;
  base::TimePoint deadline_ = base::kNever, armed_for_ = base::kNever;
  base::TimePoint accepted_{};        // over TLS
  base::Duration handshake_took_{0};  // of it what was not spent waiting
  std::uint64_t discarded_bytes_ = 0;
  Phase phase_ = Phase::Idle;
  Wait wait_ = Wait::Idle;
  bool reading_ = false;         // a read, or the wait for something to read
  bool writing_ = false;         // to the client
  bool client_eof_ = false;      // it sends no more
  bool upstream_ready_ = false;  // connected
  bool dozing_ = false;          // waits without a buffer
};

}  // namespace sidecar
