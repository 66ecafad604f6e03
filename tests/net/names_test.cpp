// Names against a real name server, and against one that misbehaves.
#include "net/names.h"

#include <list>
#include <set>
#include <signal.h>

#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "name_server.h"
#include "net/connection.h"

namespace net {
namespace {

using boost::asio::ip::tcp;
using testing::ElementsAre;
using testing::HasSubstr;
namespace asio = boost::asio;

/// Time that stands until a test moves it.
class StandingClock final : public aio::Clock {
 public:
  base::TimePoint now() const override { return now_; }
  base::WallTime wall_now() const override { return base::WallTime(now_.time_since_epoch()); }
  std::unique_ptr<aio::Alarm> alarm(const aio::Executor&) override { return nullptr; }
  void advance(base::Duration length) { now_ += length; }

 private:
  base::TimePoint now_{};
};

class NamesTest : public testing::Test {
 protected:
  template <class Happened>
  bool await(Happened happened) {
    const base::TimePoint until = aio::now() + base::seconds(10);
    context_.restart();
    while (!happened() && aio::now() < until) context_.run_one_for(std::chrono::milliseconds(100));
    return happened();
  }
  /// What one look-up gave: the addresses, or the error.
  std::string look_up(const std::shared_ptr<Names>& names, const std::string& name) {
    if (const auto known = names->known(name)) return "known " + text(*known);
    std::optional<std::string> out;
    names->look_up(context_.get_executor(), name,
                   [&](const boost::system::error_code& error, const Names::Addresses& found) {
                     out = error ? error.message() : text(found);
                   });
    EXPECT_FALSE(out) << "from inside";
    EXPECT_TRUE(await([&] { return out.has_value(); }));
    return out.value_or("nothing");
  }
  static std::string text(const Names::Addresses& addresses) {
    std::string out;
    for (const auto& one : addresses) out += (out.empty() ? "" : " ") + one.to_string();
    return out;
  }
  std::shared_ptr<Names> names(const std::string& address) {
    auto made = Names::create(clock_, address);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    return *made;
  }

  asio::io_context context_;
  StandingClock clock_;
};

TEST_F(NamesTest, ARealNameServerTellsEachOutcome) {
  Dnsmasq server(context_.get_executor(),
                 {"--local=/example/", "--host-record=shop.example,127.0.0.2,300",
                  "--host-record=six.example,2001:db8::2", "--txt-record=text.example,x",
                  "--host-record=both.example,127.0.0.3,::1", "--cname=www.example,shop.example"});
  const auto names = this->names(server.address());
  ASSERT_TRUE(
      await([&] { return look_up(names, "shop.example") != "no name server listens there"; }));
  EXPECT_EQ(look_up(names, "shop.example"), "known 127.0.0.2");
  EXPECT_EQ(look_up(names, "Shop.Example."), "known 127.0.0.2");
  EXPECT_EQ(look_up(names, "www.example"), "127.0.0.2");
  EXPECT_EQ(look_up(names, "none.example"), "the name server knows no such name");
  EXPECT_EQ(look_up(names, "six.example"), "2001:db8::2");
  EXPECT_EQ(look_up(names, "both.example"), "127.0.0.3");
  EXPECT_EQ(look_up(names, "text.example"), "the name has no address");
  EXPECT_EQ(look_up(names, "elsewhere.test"), "the name server refused to answer");
  EXPECT_EQ(look_up(names, "a..b"), "not a host name");
  clock_.advance(base::seconds(301));
  EXPECT_EQ(look_up(names, "shop.example"), "127.0.0.2");
}

TEST_F(NamesTest, WhereNobodyListensThatIsTold) {
  const auto names = this->names("127.0.0.1:" + std::to_string(free_name_server_port()));
  EXPECT_EQ(look_up(names, "shop.example"), "no name server listens there");
}

TEST_F(NamesTest, AnAnswerIsKeptForItsTimeToLiveAndNotLonger) {
  ScriptedServer server(context_);
  const auto names = this->names(server.address());
  server.has(60, {0x7F000002});
  EXPECT_EQ(look_up(names, "shop.example"), "127.0.0.2");
  server.has(60, {0x7F000003});
  clock_.advance(base::seconds(59));
  EXPECT_EQ(look_up(names, "shop.example"), "known 127.0.0.2");
  EXPECT_EQ(server.questions.size(), 1U);
  clock_.advance(base::seconds(1));
  EXPECT_EQ(look_up(names, "shop.example"), "127.0.0.3");
  EXPECT_EQ(look_up(names, "shop.example"), "known 127.0.0.3");
  EXPECT_EQ(look_up(names, "other.example"), "127.0.0.3") << "a name of its own";
}

TEST_F(NamesTest, ATimeToLiveOfZeroAndAFailureAreNotKept) {
  ScriptedServer server(context_);
  const auto names = this->names(server.address());
  server.has(0, {0x7F000002});
  EXPECT_EQ(look_up(names, "shop.example"), "127.0.0.2");
  EXPECT_EQ(look_up(names, "shop.example"), "127.0.0.2");
  EXPECT_EQ(server.questions.size(), 2U);
  server.script = [](const std::string& question) { return std::vector{answer(question, {}, 3)}; };
  EXPECT_EQ(look_up(names, "shop.example"), "the name server knows no such name");
  server.has(60, {0x7F000003});
  EXPECT_EQ(look_up(names, "shop.example"), "127.0.0.3");
}

TEST_F(NamesTest, ThisMachineIsNotAskedFor) {
  ScriptedServer server(context_);
  const auto names = this->names(server.address());
  EXPECT_EQ(look_up(names, "localhost"), "known 127.0.0.1");
  EXPECT_EQ(look_up(names, "app.localhost."), "known 127.0.0.1");
  EXPECT_TRUE(server.questions.empty());
}

TEST_F(NamesTest, ANameThatIsToldIsNotAskedFor) {
  ScriptedServer server(context_);
  const auto names = this->names(server.address());
  server.has(60, {0x7F000002});
  names->tell("db-a.pod", {asio::ip::address_v4(0x0A000001)});
  EXPECT_EQ(look_up(names, "db-a.pod"), "known 10.0.0.1");
  names->tell("db-a.pod", {asio::ip::make_address("2001:db8::7")});
  EXPECT_EQ(look_up(names, "db-a.pod"), "known 2001:db8::7");
  names->tell("db-a.pod", {});
  EXPECT_EQ(look_up(names, "db-a.pod"), "the name has no address");
  EXPECT_TRUE(server.questions.empty());
  EXPECT_EQ(look_up(names, "shop.example"), "127.0.0.2") << "others are asked for as ever";
}

TEST_F(NamesTest, IPv6IsAskedForWhereThereIsNoAddressOfIPv4AndKeptAsLong) {
  ScriptedServer server(context_);
  const auto names = this->names(server.address());
  std::string six(15, '\0');
  six += '\1';
  server.script = [&](const std::string& question) {
    const bool aaaa = question[question.size() - 3] == kAaaa;
    return std::vector{answer(question, aaaa ? std::vector{record("shop.example", kAaaa, 60, six)}
                                             : std::vector<std::string>{})};
  };
  EXPECT_EQ(look_up(names, "shop.example"), "::1");
  EXPECT_EQ(server.questions.size(), 2U);
  clock_.advance(base::seconds(59));
  EXPECT_EQ(look_up(names, "shop.example"), "known ::1");
  clock_.advance(base::seconds(1));
  EXPECT_EQ(look_up(names, "shop.example"), "::1");
  EXPECT_EQ(server.questions.size(), 4U);
}

TEST_F(NamesTest, ALookUpThatIsCancelledBetweenItsQuestionsTellsNothing) {
  ScriptedServer server(context_);
  const auto names = this->names(server.address());
  server.script = [](const std::string& question) {
    return question[question.size() - 3] == kAaaa ? std::vector<std::string>{}
                                                  : std::vector{answer(question, {})};
  };
  bool told = false;
  const auto query = names->look_up(
      context_.get_executor(), "shop.example",
      [&](const boost::system::error_code&, const Names::Addresses&) { told = true; });
  ASSERT_TRUE(await([&] { return server.questions.size() == 2; }));
  query->cancel();
  context_.restart();
  context_.poll();
  EXPECT_FALSE(told);
}

TEST_F(NamesTest, AForgedAnswerIsPassedOver) {
  ScriptedServer server(context_);
  const auto names = this->names(server.address());
  udp::socket forger(context_, udp::endpoint(asio::ip::address_v4::loopback(), 0));
  server.script = [&](const std::string& question) {
    const std::string lie = answer(question, {record("shop.example", kA, 60, {127, 0, 0, 66})});
    forger.send_to(asio::buffer(lie), server.askers.back());  // from another port
    std::string other_id = lie;
    other_id[0] = static_cast<char>(other_id[0] ^ 1);
    std::string other_name = lie;
    other_name[13] = 'S' ^ 'x';
    return std::vector{other_id, other_name, std::string("nonsense"), std::string(),
                       answer(question, {record("shop.example", kA, 60, {127, 0, 0, 2})})};
  };
  EXPECT_EQ(look_up(names, "shop.example"), "127.0.0.2");
}

TEST_F(NamesTest, IdsAndPortsCannotBeGuessed) {
  ScriptedServer server(context_);
  const auto names = this->names(server.address());
  server.has(0, {0x7F000002});
  std::set<std::string> ids;
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 64; ++i) look_up(names, "shop.example");
  for (const auto& question : server.questions) ids.insert(question.substr(0, 2));
  for (const auto& asker : server.askers) ports.insert(asker.port());
  EXPECT_GT(ids.size(), 56U);
  EXPECT_GT(ports.size(), 48U);
}

TEST_F(NamesTest, ACancelledLookUpSaysNothing) {
  ScriptedServer server(context_);
  const auto names = this->names(server.address());
  bool called = false;
  const auto query = names->look_up(context_.get_executor(), "shop.example",
                                    [&](const auto&, const auto&) { called = true; });
  ASSERT_TRUE(await([&] { return server.questions.size() == 1; }));
  EXPECT_TRUE(query->sent());
  query->cancel();
  query->cancel();
  context_.poll();
  EXPECT_FALSE(called);
}

TEST_F(NamesTest, ANameServerIsGivenByNumber) {
  EXPECT_TRUE(name_server("127.0.0.1:53").has_value());
  EXPECT_TRUE(name_server("[::1]:53").has_value());
  for (const char* text : {"ns.example:53", "127.0.0.1", "127.0.0.1:0", ""}) {
    const auto server = name_server(text);
    ASSERT_FALSE(server.has_value()) << text;
    EXPECT_THAT(server.error().message, HasSubstr(text));
  }
}

/// A connection by name, with what it saw.
class Client final : public ConnectionEvents {
 public:
  Client(const aio::Executor& executor, const Address& address)
      : connection_(make_tcp(executor, address, *this)) {
    connection_->connect();
  }
  ~Client() { connection_->close(); }
  void on_connected() override { seen.emplace_back("connected"); }
  void on_data(std::string_view) override { seen.emplace_back("data"); }
  void on_failed(Failure failure, const std::string& detail) override {
    seen.push_back((failure == Failure::Unreachable ? "unreachable: " : "other: ") + detail);
  }
  void close() { connection_->close(); }
  std::vector<std::string> seen;

 private:
  std::shared_ptr<Connection> connection_;
};

class NamedConnection : public NamesTest {
 protected:
  NamedConnection() {
    // One port on two addresses: two sites, and a name that leads to one of them.
    for (int attempt = 0; attempt < 50 && !site_b_.is_open(); ++attempt) {
      site_a_ = tcp::acceptor(context_, {asio::ip::make_address("127.0.0.2"), 0});
      boost::system::error_code error;
      const tcp::endpoint same(asio::ip::make_address("127.0.0.3"),
                               site_a_.local_endpoint().port());
      site_b_.open(tcp::v4());
      site_b_.bind(same, error);
      if (!error) site_b_.listen();
      if (error) site_b_.close();
    }
    address_ = {"shop.example", site_a_.local_endpoint().port(), names(server_.address())};
    count(site_a_, at_a_);
    count(site_b_, at_b_);
  }
  void count(tcp::acceptor& acceptor, int& connections) {
    acceptor.async_accept([&](const boost::system::error_code& error, tcp::socket socket) {
      if (error) return;
      accepted_.push_back(std::move(socket));
      ++connections;
      count(acceptor, connections);
    });
  }

  ScriptedServer server_{context_};
  tcp::acceptor site_a_{context_}, site_b_{context_};
  std::list<tcp::socket> accepted_;
  int at_a_ = 0, at_b_ = 0;
  Address address_;
};

TEST_F(NamedConnection, LeadsToWhereTheNameServerSaysAndAnOpenOneStays) {
  server_.has(30, {0x7F000002});
  Client first(context_.get_executor(), address_);
  ASSERT_TRUE(await([&] { return !first.seen.empty() && at_a_ == 1; }));
  EXPECT_THAT(first.seen, ElementsAre("connected"));
  server_.has(30, {0x7F000003});
  Client early(context_.get_executor(), address_);
  ASSERT_TRUE(await([&] { return !early.seen.empty() && at_a_ == 2; })) << "the record is kept";
  clock_.advance(base::seconds(30));
  Client late(context_.get_executor(), address_);
  ASSERT_TRUE(await([&] { return !late.seen.empty() && at_b_ == 1; }));
  EXPECT_EQ(server_.questions.size(), 2U);
  EXPECT_THAT(first.seen, ElementsAre("connected"));
}

TEST_F(NamedConnection, TriesTheNextAddressWhereTheFirstRefuses) {
  server_.has(30, {0x7F000004, 0x7F000003});
  Client client(context_.get_executor(), address_);
  ASSERT_TRUE(await([&] { return !client.seen.empty() && at_b_ == 1; }));
  EXPECT_THAT(client.seen, ElementsAre("connected"));
}

TEST_F(NamedConnection, WithoutAnAddressIsUnreachable) {
  server_.script = [](const std::string& question) { return std::vector{answer(question, {}, 2)}; };
  Client client(context_.get_executor(), address_);
  ASSERT_TRUE(await([&] { return !client.seen.empty(); }));
  EXPECT_THAT(client.seen, ElementsAre("unreachable: the name server failed"));
}

TEST_F(NamedConnection, ClosedDuringItsLookUpNeverConnects) {
  std::string question;
  server_.script = [&](const std::string& asked) {
    question = asked;
    return std::vector<std::string>{};
  };
  Client client(context_.get_executor(), address_);
  ASSERT_TRUE(await([&] { return !question.empty(); }));
  client.close();
  udp::socket(context_, udp::v4())
      .send_to(asio::buffer(answer(question, {record("shop.example", kA, 9, {127, 0, 0, 2})})),
               server_.askers.back());
  server_.has(30, {0x7F000002});
  Client next(context_.get_executor(), address_);
  ASSERT_TRUE(await([&] { return at_a_ == 1; }));
  context_.poll();
  EXPECT_EQ(at_a_, 1);
  EXPECT_TRUE(client.seen.empty());
}

TEST_F(NamedConnection, WithoutANameServerItIsAsThisMachineSays) {
  tcp::acceptor here(context_, {asio::ip::address_v4::loopback(), 0});
  int accepted = 0;
  count(here, accepted);
  Client client(context_.get_executor(), {"localhost", here.local_endpoint().port(), nullptr});
  ASSERT_TRUE(await([&] { return accepted == 1 && !client.seen.empty(); }));
  EXPECT_THAT(client.seen, ElementsAre("connected"));
  EXPECT_TRUE(server_.questions.empty());
}

}  // namespace
}  // namespace net
