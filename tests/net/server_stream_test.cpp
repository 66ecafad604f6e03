#include "net/server_stream.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "aio/signal.h"
#include "base/check.h"
#include "crypto/certificate.h"

namespace net {
namespace {

using testing::HasSubstr;

crypto::KeyPair pair() {
  const base::WallTime from{std::chrono::hours(24 * 365 * 50)};
  return crypto::make_authority("test", {from, from + std::chrono::hours(24 * 365 * 100)});
}

void never_blocks(int descriptor) {
  CHECK(fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0);
}

/// A server's stream and a client of OpenSSL's over a pair of sockets, in one thread.
class ServerStreamTest : public testing::Test {
 protected:
  void begin(Speaks speaks = Speaks::Anything) {
    aio::ignore_sigpipe();  // as every program of ours does
    const crypto::KeyPair shown = pair();
    auto context_of_server =
        make_server_context({.certificate = shown.certificate, .key = shown.key, .speaks = speaks});
    CHECK(context_of_server.has_value());
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    never_blocks(ends[0]);
    never_blocks(ends[1]);
    auto made = ServerStream::create(std::move(*context_of_server), ends[0]);
    CHECK(made.has_value());
    server = std::move(*made);
    context = SSL_CTX_new(TLS_client_method());
    client = SSL_new(context);
    CHECK(SSL_set_fd(client, ends[1]) == 1);
    SSL_set_connect_state(client);
  }
  void TearDown() override {
    server = nullptr;
    SSL_free(client);
    SSL_CTX_free(context);
    for (const int end : ends) close(end);
  }

  /// What the server's handshake came to.
  TlsState shake_hands() {
    for (int round = 0; round < 10; ++round) {
      SSL_do_handshake(client);
      const TlsState state = server->shake_hands();
      if (state == TlsState::Done) SSL_do_handshake(client);
      if (state != TlsState::WantsRead) return state;
    }
    return TlsState::WantsRead;
  }
  std::string client_reads() {
    std::array<char, 65536> room{};
    const int got = SSL_read(client, room.data(), room.size());
    return {room.data(), static_cast<std::size_t>(std::max(got, 0))};
  }
  TlsState read(std::string& out) {
    std::array<char, 65536> room{};
    std::size_t count = 0;
    const TlsState state = server->read(room, count);
    out.assign(room.data(), count);
    return state;
  }

  int ends[2] = {-1, -1};  // NOLINT(*-avoid-c-arrays): what socketpair() takes
  std::unique_ptr<ServerStream> server;
  SSL_CTX* context = nullptr;
  SSL* client = nullptr;
};

TEST_F(ServerStreamTest, BytesPassBothWays) {
  begin();
  ASSERT_EQ(shake_hands(), TlsState::Done);
  EXPECT_FALSE(server->resumed());
  std::string got;
  EXPECT_EQ(read(got), TlsState::WantsRead);
  EXPECT_EQ(got, "");
  ASSERT_EQ(SSL_write(client, "hello", 5), 5);
  EXPECT_EQ(read(got), TlsState::Done);
  EXPECT_EQ(got, "hello");
  std::size_t count = 0;
  EXPECT_EQ(server->write("world", count), TlsState::Done);
  EXPECT_EQ(count, 5U);
  EXPECT_EQ(client_reads(), "world");
}

TEST_F(ServerStreamTest, TellsOfWhatItHoldsAlready) {
  begin();
  ASSERT_EQ(shake_hands(), TlsState::Done);
  std::string got;
  EXPECT_EQ(read(got), TlsState::WantsRead);
  EXPECT_FALSE(server->holds());
  SSL_write(client, "one", 3);
  SSL_write(client, "two", 3);
  EXPECT_EQ(read(got), TlsState::Done);
  EXPECT_EQ(got, "one");
  EXPECT_TRUE(server->holds());  // both records came with one read
  EXPECT_EQ(read(got), TlsState::Done);
  EXPECT_EQ(got, "two");
  EXPECT_FALSE(server->holds());
}

TEST_F(ServerStreamTest, WhatIsNotTakenIsWrittenLater) {
  begin();
  ASSERT_EQ(shake_hands(), TlsState::Done);
  const std::string record(ServerStream::kWriteMax, 'x');
  std::size_t count = 0;
  std::size_t written = 0;
  TlsState state = TlsState::Done;
  for (int i = 0; i < 1000 && state == TlsState::Done; ++i) {
    state = server->write(record + "more than a record", count);
    written += count;
  }
  ASSERT_EQ(state, TlsState::WantsWrite);
  std::size_t read = 0;
  while (read < written) read += client_reads().size();
  EXPECT_EQ(read, written);
  const std::string moved = record;  // the same bytes at another place
  EXPECT_EQ(server->write(moved, count), TlsState::Done);
  EXPECT_EQ(count, ServerStream::kWriteMax);
  EXPECT_EQ(client_reads(), record);
}

TEST_F(ServerStreamTest, AGoodbyeIsToldAndSaidOnce) {
  begin();
  ASSERT_EQ(shake_hands(), TlsState::Done);
  EXPECT_EQ(server->leave(), TlsState::Done);
  EXPECT_EQ(server->leave(), TlsState::Done);
  EXPECT_EQ(client_reads(), "");
  EXPECT_EQ(SSL_get_shutdown(client), SSL_RECEIVED_SHUTDOWN);
  EXPECT_EQ(SSL_write(client, "late", 4), 4);  // each direction has an end of its own
  std::string got;
  EXPECT_EQ(read(got), TlsState::Done);
  EXPECT_EQ(got, "late");
  SSL_shutdown(client);
  EXPECT_EQ(read(got), TlsState::Ended);
}

TEST_F(ServerStreamTest, AnEndWithoutAGoodbyeIsACut) {
  begin();
  ASSERT_EQ(shake_hands(), TlsState::Done);
  shutdown(ends[1], SHUT_WR);
  std::string got;
  EXPECT_EQ(read(got), TlsState::Cut);
  EXPECT_EQ(server->leave(), TlsState::Failed);
}

TEST_F(ServerStreamTest, AProtocolThatKnowsItsEndsNeedsNoGoodbye) {
  begin(Speaks::Http);
  ASSERT_EQ(shake_hands(), TlsState::Done);
  shutdown(ends[1], SHUT_WR);
  std::string got;
  EXPECT_EQ(read(got), TlsState::Ended);
  std::size_t count = 0;
  EXPECT_EQ(server->write("still", count), TlsState::Done);
  EXPECT_EQ(client_reads(), "still");
}

TEST_F(ServerStreamTest, ChoosesItsProtocolAndRefusesOthers) {
  const std::string both = "\x02h2\x08http/1.1";
  const auto offer = [&](const std::string& list) {
    SSL_set_alpn_protos(client, reinterpret_cast<const unsigned char*>(list.data()),  // NOLINT
                        static_cast<unsigned>(list.size()));
  };
  begin(Speaks::Http);
  offer(both);
  ASSERT_EQ(shake_hands(), TlsState::Done);
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(client, &chosen, &length);
  EXPECT_EQ(std::string(chosen, chosen + length), "http/1.1");
  TearDown();
  begin(Speaks::Http);
  offer("\x02h2");
  EXPECT_EQ(shake_hands(), TlsState::Failed);
  EXPECT_EQ(server->fault(), TlsFault::Refused);
}

TEST_F(ServerStreamTest, TellsWhyAHandshakeFailed) {
  for (const std::string text :
       {"GET / HTTP/1.1\r\n\r\n", "DELETE / HTTP/1.1\r\n\r\n", "SSH-2.0-a\r\n"}) {
    begin();
    ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    EXPECT_EQ(server->shake_hands(), TlsState::Failed);
    EXPECT_EQ(server->fault(), TlsFault::NotTls) << text;
    EXPECT_EQ(server->leave(), TlsState::Failed);
    TearDown();
  }
  begin();
  SSL_set_max_proto_version(client, TLS1_1_VERSION);
  SSL_set_cipher_list(client, "DEFAULT:@SECLEVEL=0");
  EXPECT_EQ(shake_hands(), TlsState::Failed);
  EXPECT_EQ(server->fault(), TlsFault::Refused);
  TearDown();
  begin();
  SSL_do_handshake(client);
  shutdown(ends[1], SHUT_RDWR);
  TlsState state = TlsState::WantsRead;
  for (int i = 0; i < 3 && state == TlsState::WantsRead; ++i) state = server->shake_hands();
  EXPECT_EQ(state, TlsState::Failed);
  EXPECT_EQ(server->fault(), TlsFault::Closed);
}

TEST(ServerContextTest, AsksNobodyForAPassphrase) {
  const crypto::KeyPair shown = pair();
  std::string locked;
  {
    BIO* const from = BIO_new_mem_buf(shown.key.data(), static_cast<int>(shown.key.size()));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(from, nullptr, nullptr, nullptr);
    BIO* const to = BIO_new(BIO_s_mem());
    unsigned char secret[] = "secret";  // NOLINT(*-avoid-c-arrays)
    ASSERT_EQ(PEM_write_bio_PrivateKey(to, key, EVP_aes_128_cbc(), secret, 6, nullptr, nullptr), 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(to, &text);
    locked.assign(text, static_cast<std::size_t>(size));
    EVP_PKEY_free(key);
    BIO_free(from);
    BIO_free(to);
  }
  ASSERT_THAT(locked, HasSubstr("ENCRYPTED"));
  EXPECT_FALSE(make_server_context({.certificate = shown.certificate, .key = locked}).has_value());
  for (const std::string& authority : {std::string("garbage"), shown.key}) {
    const auto made = make_server_context(
        {.certificate = shown.certificate, .key = shown.key, .client_ca = authority});
    ASSERT_FALSE(made.has_value());
    EXPECT_THAT(made.error().message, HasSubstr("the clients' authority"));
  }
  EXPECT_TRUE(
      make_server_context({.certificate = shown.certificate, .key = shown.key}).has_value());
}

}  // namespace
}  // namespace net
