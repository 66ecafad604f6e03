// A connection that is cut after every number of bytes, in both directions: whatever libpq makes of
// it, an operation that says ok is in the table, and one that says fail is not. This is the law
// that the RPO stands on.
#include <array>
#include <map>
#include <memory>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "harness.h"
#include "probes/pg_final_read.h"

namespace probes {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using drill::Outcome;
using testing_postgres::Server;

enum class Way { ToServer, ToClient };

/// Passes bytes on and resets both sides once `budget` bytes went the given way.
class CuttingProxy {
 public:
  CuttingProxy(asio::io_context& context, std::uint16_t upstream)
      : context_(context),
        upstream_(asio::ip::make_address("127.0.0.1"), upstream),
        acceptor_(context, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {
    accept();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void cut_after(Way way, std::size_t bytes) {
    way_ = way;
    budget_ = bytes;
    passed_ = {};
  }
  std::size_t passed(Way way) const { return passed_.at(way == Way::ToServer ? 0 : 1); }

 private:
  struct Pair {
    explicit Pair(asio::io_context& context) : client(context), server(context) {}
    void reset() {
      for (tcp::socket* socket : {&client, &server}) {
        boost::system::error_code ignored;
        socket->set_option(asio::socket_base::linger(true, 0), ignored);
        socket->close(ignored);
      }
    }
    tcp::socket client, server;
    std::array<std::array<char, 4096>, 2> bytes{};
  };

  void accept() {
    auto pair = std::make_shared<Pair>(context_);
    acceptor_.async_accept(pair->client, [this, pair](const boost::system::error_code& error) {
      if (error) return;
      boost::system::error_code failed;
      pair->server.connect(upstream_, failed);
      if (!failed) {
        pump(pair, Way::ToServer);
        pump(pair, Way::ToClient);
      }
      accept();
    });
  }

  void pump(const std::shared_ptr<Pair>& pair, Way way) {
    const bool up = way == Way::ToServer;
    tcp::socket& from = up ? pair->client : pair->server;
    from.async_read_some(
        asio::buffer(pair->bytes[up ? 0 : 1]),
        [this, pair, way](const boost::system::error_code& error, std::size_t size) {
          if (error) return pair->reset();
          pass(pair, way, size);
        });
  }

  void pass(const std::shared_ptr<Pair>& pair, Way way, std::size_t size) {
    const std::size_t at = way == Way::ToServer ? 0 : 1;
    std::size_t allowed = size;
    if (way == way_) allowed = std::min(size, budget_ - std::min(budget_, passed_[at]));
    passed_[at] += allowed;
    boost::system::error_code failed;
    tcp::socket& to = way == Way::ToServer ? pair->server : pair->client;
    asio::write(to, asio::buffer(pair->bytes[at].data(), allowed), failed);
    // Closing the client's side in order lets it read what came before the cut.
    if (allowed < size && way == Way::ToClient) {
      boost::system::error_code ignored;
      pair->client.shutdown(tcp::socket::shutdown_send, ignored);
    }
    if (failed || allowed < size) return pair->reset();
    pump(pair, way);
  }

  asio::io_context& context_;
  tcp::endpoint upstream_;
  tcp::acceptor acceptor_;
  Way way_ = Way::ToServer;
  std::size_t budget_ = 0;
  std::array<std::size_t, 2> passed_{};
};

TEST(PgCut, OkIsInTheTableAndFailIsNotWhereverTheConnectionBreaks) {
  auto server = Server::start({"a", {}});
  ASSERT_TRUE(server) << server.error().message;
  const PgLedger ledger("drill-x", kTestKey);
  ASSERT_EQ(sql(address_of(*server), ledger.create().text), "");

  std::map<std::uint64_t, Outcome> said;
  std::map<Outcome, int> counted;
  std::uint64_t seq = 0;
  PgAddress address = address_of(*server);
  OperationHarness probe(address, Connections::New, PgDeed::Insert);
  CuttingProxy proxy(probe.context, server->port());
  address.port = proxy.port();
  auto number = std::make_shared<std::atomic<std::uint16_t>>(kTestStream.value());
  probe.operation->close();
  probe.operation = make_pg_operation({probe.ledger, probe.servers}, address, "", Connections::New,
                                      PgDeed::Insert, number);
  probe.operation->open(probe.context.get_executor(), probe, 1);

  constexpr std::size_t kWhole = 1U << 20U;
  for (const Way way : {Way::ToServer, Way::ToClient}) {
    proxy.cut_after(way, kWhole);
    ASSERT_EQ(probe.once(++seq).outcome, Outcome::Ok);
    said[seq] = Outcome::Ok;
    const std::size_t bytes = proxy.passed(way);
    ASSERT_GT(bytes, 200u);
    for (std::size_t cut = 0; cut <= bytes; cut += cut + 40 > bytes || cut < 20 ? 1 : 5) {
      proxy.cut_after(way, cut);
      const Completion completion = probe.once(++seq);
      said[seq] = completion.outcome;
      ++counted[completion.outcome];
    }
  }
  EXPECT_GT(counted[Outcome::Fail], 50);
  EXPECT_GT(counted[Outcome::Info], 20);

  // Sessions that were cut may still be at it; the proxy passes their end on.
  const std::string others =
      "select count(*) from pg_stat_activity where backend_type = 'client backend' "
      "and pid <> pg_backend_pid()";
  for (probe.settle(); sql(address_of(*server), others) != "0"; probe.settle()) {
  }
  aio::SystemClock clock;
  PgFinalReadSpec spec;
  spec.address = address_of(*server);
  boost::asio::io_context context;
  const drill::FinalRead read = await(context, read_ledger_table(clock, ledger, spec, {}));
  ASSERT_TRUE(read.complete) << read.error;
  std::map<std::uint64_t, int> rows;
  for (const drill::FinalRow& row : read.rows) ++rows[row.seq];
  int unknown_but_kept = 0;
  for (const auto& [number_of, outcome] : said) {
    if (outcome == Outcome::Ok) EXPECT_EQ(rows[number_of], 1) << number_of;
    if (outcome == Outcome::Fail) EXPECT_EQ(rows[number_of], 0) << number_of;
    if (outcome == Outcome::Info) unknown_but_kept += rows[number_of];
  }
  EXPECT_GT(unknown_but_kept, 0) << "the cut after the commit must be among them";
}

}  // namespace
}  // namespace probes
