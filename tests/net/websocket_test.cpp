// Against a peer that speaks, byte for byte, what a test tells it to.
#include "net/websocket.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "aio/clock.h"
#include "aio/deadline.h"

namespace net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kBinary = 2, kClose = 8, kPing = 9, kPong = 10;

/// Of a server: not masked.
std::string frame(int opcode, const std::string& bytes, bool last = true) {
  std::string out(1, static_cast<char>((last ? 0x80 : 0) | opcode));
  if (bytes.size() < 126) {
    out += static_cast<char>(bytes.size());
  } else {
    out += {static_cast<char>(126), static_cast<char>(bytes.size() >> 8U),
            static_cast<char>(bytes.size() & 0xffU)};
  }
  return out + bytes;
}

std::string accept_of(const std::string& head) {
  const std::string name = "Sec-WebSocket-Key: ";
  const std::size_t at = head.find(name) + name.size();
  const std::string text =
      head.substr(at, head.find("\r\n", at) - at) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char encoded[64];
  const int size = EVP_EncodeBlock(encoded, digest, SHA_DIGEST_LENGTH);
  return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(size)};
}

class Peer {
 public:
  explicit Peer(asio::io_context& context)
      : acceptor_(context, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
        socket_(context) {
    asio::co_spawn(context, serve(), asio::detached);
  }

  Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
  void close_acceptor() { acceptor_.close(); }

  std::string answer{};              // in place of 101
  std::string protocol = "second";   // that it chooses
  std::vector<std::string> says{};   // at once
  bool drops = false;                // closes then
  bool pongs = false;                // answers pings
  std::string head{};                // that it was sent
  std::vector<std::string> heard{};  // "2 text": frames, opcode and bytes

 private:
  aio::Task<> serve() {
    error_code error;
    const auto token = [&error] { return asio::redirect_error(asio::use_awaitable, error); };
    co_await acceptor_.async_accept(socket_, token());
    const std::size_t size =
        co_await asio::async_read_until(socket_, asio::dynamic_buffer(head), "\r\n\r\n", token());
    if (error) co_return;
    head.resize(size);
    if (answer.empty()) {
      answer =
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: " +
          accept_of(head) + "\r\nSec-WebSocket-Protocol: " + protocol + "\r\n\r\n";
    }
    for (const std::string& part : says) answer += part;
    co_await asio::async_write(socket_, asio::buffer(answer), token());
    if (drops) socket_.close();
    while (!error) co_await listen(error);
  }

  aio::Task<> listen(error_code& error) {
    const auto token = [&error] { return asio::redirect_error(asio::use_awaitable, error); };
    std::string start(6, '\0');  // frames of these tests are short, and those of clients masked
    co_await asio::async_read(socket_, asio::buffer(start), token());
    if (error) co_return;
    std::string bytes(static_cast<std::size_t>(start[1] & 0x7f), '\0');
    co_await asio::async_read(socket_, asio::buffer(bytes), token());
    if (error) co_return;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<char>(bytes[i] ^ start[2 + i % 4]);
    }
    const int opcode = start[0] & 0x0f;
    heard.push_back(std::to_string(opcode) + " " + bytes);
    if (opcode == kPing && pongs) {
      co_await asio::async_write(socket_, asio::buffer(frame(kPong, bytes)), token());
    } else if (opcode == kClose) {
      co_await asio::async_write(socket_, asio::buffer(frame(kClose, bytes)), token());
      socket_.close();  // RFC 6455, 7.1.1: the server does first
    }
  }

  tcp::acceptor acceptor_;
  tcp::socket socket_;
};

class WebSocketTest : public testing::Test {
 protected:
  base::Result<WebSocket::Opened> open(std::stop_token stop = {}) {
    const HttpCall call{"GET", "/exec?command=a", {{"Authorization", "Bearer x"}}, {}};
    return aio::run(context, WebSocket::open(context.get_executor(), address, nullptr, call,
                                             {"first", "second"}, limits, std::move(stop)));
  }
  /// Of what it opened.
  std::shared_ptr<WebSocket> opened() {
    auto out = open();
    EXPECT_TRUE(out.has_value()) << out.error().message;
    return out ? out->socket : nullptr;
  }
  base::Result<std::optional<std::string>> receive(WebSocket& socket, std::stop_token stop = {}) {
    return aio::run(context, socket.receive(std::move(stop)));
  }
  /// With a limit, so that a test that hangs fails.
  base::Result<std::optional<std::string>> receive_within(WebSocket& socket, base::Duration limit) {
    const auto work = [&socket](std::stop_token stop) { return socket.receive(stop); };
    return aio::run(context, aio::with_deadline(clock, clock.now() + limit, {}, "receive", work));
  }

  aio::SystemClock clock;
  asio::io_context context;
  Peer peer{context};
  Address address = peer.address();
  WebSocketLimits limits{.message_bytes_max = 1000, .silence_max = base::seconds(20)};
};

TEST_F(WebSocketTest, AsksForItAndSaysWhichProtocolWasChosen) {
  const auto socket = opened();
  ASSERT_NE(socket, nullptr);
  EXPECT_EQ(socket->protocol(), "second");
  EXPECT_THAT(peer.head, testing::StartsWith("GET /exec?command=a HTTP/1.1\r\n"));
  EXPECT_THAT(peer.head, HasSubstr("Sec-WebSocket-Protocol: first, second\r\n"));
  EXPECT_THAT(peer.head, HasSubstr("Authorization: Bearer x\r\n"));
  EXPECT_THAT(peer.head, HasSubstr("Host: " + address.text() + "\r\n"));
}

TEST_F(WebSocketTest, MessagesGoBothWaysInFragmentsAndBesidePings) {
  peer.says = {frame(kBinary, "one"), frame(kBinary, "t", false), frame(kPing, "?"), frame(0, "wo"),
               frame(kBinary, std::string(900, 'x'))};
  const auto socket = opened();
  ASSERT_NE(socket, nullptr);
  EXPECT_EQ(receive(*socket)->value(), "one");
  EXPECT_EQ(receive(*socket)->value(), "two");
  EXPECT_EQ(receive(*socket)->value().size(), 900U);
  const auto sent = aio::run(context, socket->send("hello", {}));
  ASSERT_TRUE(sent.has_value()) << sent.error().message;
  static_cast<void>(receive_within(*socket, base::millis(200)));
  EXPECT_THAT(peer.heard, ElementsAre("10 ?", "2 hello"));
}

TEST_F(WebSocketTest, AnAnswerThatIsNoUpgradeIsHandedBackAsItIs) {
  peer.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\nRetry-After: 7\r\n\r\nno!";
  const auto answer = open();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->socket, nullptr);
  EXPECT_EQ(answer->answer.status, 403U);
  EXPECT_EQ(answer->answer.body, "no!");
  ASSERT_NE(answer->answer.header("retry-after"), nullptr);
  EXPECT_EQ(*answer->answer.header("retry-after"), "7");
}

TEST_F(WebSocketTest, AnUpgradeWithoutTheRightKeyIsNone) {
  peer.answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
  const auto answer = open();
  EXPECT_FALSE(answer.has_value() && answer->socket);
}

TEST_F(WebSocketTest, AMessageOverTheLimitIsRefused) {
  peer.says = {frame(kBinary, std::string(1001, 'x'))};
  const auto socket = opened();
  ASSERT_NE(socket, nullptr);
  const auto message = receive(*socket);
  ASSERT_FALSE(message.has_value());
  EXPECT_EQ(message.error().code, base::Code::ResourceExhausted) << message.error().message;
}

TEST_F(WebSocketTest, APeerThatClosesItInOrderSaysWhy) {
  peer.says = {frame(kClose, "\x03\xf3out of memory")};
  const auto socket = opened();
  ASSERT_NE(socket, nullptr);
  const auto message = receive(*socket);
  ASSERT_TRUE(message.has_value()) << message.error().message;
  EXPECT_FALSE(message->has_value());
  EXPECT_EQ(socket->why_closed(), "1011 out of memory");
}

TEST_F(WebSocketTest, APeerThatDoesNotWaitForTheAnswerToItsCloseHasEndedToo) {
  for (const std::string why : {"", "\x03\xe8"}) {  // "normal" says so in order
    Peer other{context};
    other.says = {frame(kClose, why)};
    other.drops = true;
    address = other.address();
    const auto socket = opened();
    ASSERT_NE(socket, nullptr);
    // What comes after its end is refused with a reset, so that the answer finds a broken pipe.
    ASSERT_TRUE(aio::run(context, socket->send("late", {})).has_value());
    EXPECT_EQ(receive(*socket).has_value(), !why.empty());
    EXPECT_TRUE(socket->peer_ended());
  }
}

TEST_F(WebSocketTest, AConnectionThatBreaksIsNotAnEnd) {
  peer.says = {frame(kBinary, "one"), std::string("\x82\x05sh", 4)};
  peer.drops = true;
  const auto socket = opened();
  ASSERT_NE(socket, nullptr);
  EXPECT_EQ(receive(*socket)->value(), "one");
  const auto message = receive(*socket);
  ASSERT_FALSE(message.has_value());
  EXPECT_EQ(message.error().code, base::Code::Unavailable);
  EXPECT_EQ(message.error().retry, base::Retry::Terminal) << "what the peer did is not known";
}

TEST_F(WebSocketTest, WhereNobodyListensNothingWasAsked) {
  peer.close_acceptor();
  const auto answer = open();
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, base::Code::Unavailable);
  EXPECT_EQ(answer.error().retry, base::Retry::Backoff);
}

TEST_F(WebSocketTest, APeerThatIsSilentIsPingedAndGivenUp) {
  limits.silence_max = base::millis(300);
  const auto socket = opened();
  ASSERT_NE(socket, nullptr);
  const auto message = receive_within(*socket, base::seconds(20));
  ASSERT_FALSE(message.has_value());
  EXPECT_EQ(message.error().code, base::Code::Unavailable) << message.error().message;
  EXPECT_THAT(message.error().message, HasSubstr("silent"));
  EXPECT_THAT(peer.heard, ElementsAre(testing::StartsWith("9 ")));
}

TEST_F(WebSocketTest, APeerThatAnswersPingsIsWaitedFor) {
  limits.silence_max = base::seconds(1);
  peer.pongs = true;
  const auto socket = opened();
  ASSERT_NE(socket, nullptr);
  const auto message = receive_within(*socket, base::seconds(3));
  ASSERT_FALSE(message.has_value());
  EXPECT_EQ(message.error().code, base::Code::DeadlineExceeded) << message.error().message;
  EXPECT_GE(peer.heard.size(), 2U);
}

TEST_F(WebSocketTest, AStopEndsWhatIsUnderWayAtOnce) {
  const auto socket = opened();
  ASSERT_NE(socket, nullptr);
  std::stop_source stopped;
  stopped.request_stop();
  const auto message = receive(*socket, stopped.get_token());
  ASSERT_FALSE(message.has_value());
  EXPECT_EQ(message.error().code, base::Code::Cancelled);
  const auto again = open(stopped.get_token());
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, base::Code::Cancelled);
}

TEST_F(WebSocketTest, ClosingShakesHands) {
  peer.says = {frame(kBinary, "nobody wants this")};
  const auto socket = opened();
  ASSERT_NE(socket, nullptr);
  const auto close = [](std::shared_ptr<WebSocket> it) -> aio::Task<base::Result<>> {
    co_await it->close({});
    co_return base::Result<>{};
  };
  ASSERT_TRUE(aio::run(context, close(socket)).has_value());
  EXPECT_THAT(peer.heard, ElementsAre("8 \x03\xe8"));
}

TEST_F(WebSocketTest, ALineEndInAHeaderIsRefused) {
  const HttpCall call{"GET", "/", {{"A", "b\r\nC: d"}}, {}};
  const auto answer = aio::run(
      context, WebSocket::open(context.get_executor(), address, nullptr, call, {}, limits, {}));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, base::Code::InvalidArgument);
}

}  // namespace
}  // namespace net
