// The kind sidecar over an admin port that speaks TLS, as an injected sidecar's does that has
// adminTls: the real sidecar, certificates of authorities of the test's, and Secrets of a real API
// server.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "aio/file.h"
#include "crypto/base64.h"
#include "kind_test.h"
#include "sidecar_process.h"
#include "targets/lease.h"

namespace cluster {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SidecarTlsFaultTest : public KindTest {
 protected:
  void SetUp() override {
    KindTest::SetUp();
    pod_network = "127.0.0.";
    std::ofstream(path("token")) << "a-token\n";
    make(kSecrets, R"({"metadata":{"name":"muster-sidecar-default"},
        "stringData":{"admin-token":"a-token\n"}})");
    make_authority("authority");
    sign("authority", "server", "subjectAltName=DNS:muster-sidecar." + space + ".svc\n");
    sign("authority", "drill", "extendedKeyUsage=clientAuth\n");
    make(kSecrets, R"({"metadata":{"name":"shop-admin"},"data":)" +
                       api::to_json(data("authority", "server")) + "}");
  }
  void TearDown() override {
    if (keeping) {
      keeping->cancel();
      static_cast<void>(aio::run(context, keeping->join()));
    }
    sidecar.reset();
    KindTest::TearDown();
  }

  std::string path(const std::string& name) const { return folder + "/" + name; }
  void openssl(std::vector<std::string> words) {
    words.insert(words.begin(), "openssl");
    aio::Command command;
    command.argv = std::move(words);
    command.cwd = folder;
    const auto done = aio::run(context, aio::run_process(clock, command, {}));
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(done->ok()) << done->err;
  }
  void make_authority(const std::string& name) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=" + name, "-keyout", name + ".key", "-out",
             name + ".crt"});
  }
  void sign(const std::string& authority, const std::string& name, const std::string& extensions) {
    std::ofstream(path(name + ".ext")) << extensions;
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
             "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr"});
    openssl({"x509", "-req", "-in", name + ".csr", "-CA", authority + ".crt", "-CAkey",
             authority + ".key", "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out",
             name + ".crt"});
  }
  /// Of a Secret, as one of type kubernetes.io/tls is.
  Node data(const std::string& authority, const std::string& name) const {
    const auto file = [&](const std::string& of) {
      return crypto::base64_encode(aio::read_file(path(of)).value_or(""));
    };
    return Node::map()
        .set("ca.crt", file(authority + ".crt"))
        .set("tls.crt", file(name + ".crt"))
        .set("tls.key", file(name + ".key"));
  }

  void begin(std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--admin-token-file", path("token"), "--admin-tls-cert-file",
                               path("server.crt"), "--admin-tls-key-file", path("server.key")});
    sidecar = std::make_unique<SidecarProcess>(context, "127.0.0.1:0", std::move(flags));
    ASSERT_TRUE(sidecar->serves());
    deploy_accompanied("web", 1, sidecar->admin_port(), "shop-admin");
    open();
  }
  static std::string params(const std::string& more = "", int lease = 10) {
    return fmt::format(R"({{"workload":"web","count":1,"action":"Abort","percent":100,
        "status":418,"path":"/*","leaseSeconds":{}{}}})",
                       lease, more);
  }
  void expect_a_whole_fault(const std::string& params) {
    ASSERT_TRUE(done(preflight("sidecar", params)));
    const auto journal = prepare("sidecar", params);
    ASSERT_TRUE(done(journal));
    ASSERT_TRUE(done(apply("sidecar", params, *journal)));
    EXPECT_TRUE(done(prove("sidecar", params, *journal)));
    EXPECT_EQ(sidecar->status(), 418U);
    EXPECT_TRUE(done(undo("sidecar", params, *journal)));
    EXPECT_NE(sidecar->status(), 418U);
  }

  std::unique_ptr<SidecarProcess> sidecar;
  std::optional<aio::TaskGroup> keeping;
  std::string ended;  // why it is kept no more

  aio::Task<base::Result<>> keep(std::string params, Node journal, std::stop_token stop) {
    auto drill = this->drill();
    const auto kept = co_await dynamic_cast<targets::Lease&>(driver("sidecar"))
                          .sustain(drill, json(params), journal, [](const std::string&) {}, stop);
    ended = kept ? "told to stop" : kept.error().message;
    co_return base::Result<>{};
  }
};

TEST_F(SidecarTlsFaultTest, AnInjectedSidecarIsBelievedByItsOwnSecret) {
  begin();
  expect_a_whole_fault(params());
}

TEST_F(SidecarTlsFaultTest, ThePlanSaysWhoItBelievesAndByWhichName) {
  begin();
  make_authority("stranger");
  sign("stranger", "other", "extendedKeyUsage=clientAuth\n");
  make(kSecrets,
       R"({"metadata":{"name":"other"},"data":)" + api::to_json(data("stranger", "other")) + "}");
  EXPECT_THAT(why(prepare("sidecar", params(R"(,"tls":{"secret":"other"})"))),
              AllOf(HasSubstr("the sidecar over TLS"), HasSubstr("certificate verify failed")));
  EXPECT_THAT(why(prepare("sidecar", params(R"(,"tls":{"serverName":"other.example"})"))),
              HasSubstr("certificate verify failed"));
  EXPECT_THAT(why(prepare("sidecar", params(R"(,"tls":{"secret":"nobody"})"))),
              AllOf(HasSubstr("sidecar.tls: Secret nobody"), HasSubstr("not found")));
}

TEST_F(SidecarTlsFaultTest, TheDrillsOwnCertificateIsShownWhereOneIsAskedFor) {
  begin({"--admin-client-ca-file", path("authority.crt")});
  EXPECT_THAT(why(prepare("sidecar", params())),
              AllOf(HasSubstr("403"), HasSubstr("client certificate is needed")));
  make(kSecrets,
       R"({"metadata":{"name":"drill"},"data":)" + api::to_json(data("authority", "drill")) + "}");
  expect_a_whole_fault(params(R"(,"tls":{"secret":"drill"})"));
}

TEST_F(SidecarTlsFaultTest, ItIsKeptInForceWhileCertificateAndAuthorityChange) {
  begin();
  const std::string three = params("", 3);
  const auto journal = prepare("sidecar", three);
  ASSERT_TRUE(done(journal));
  ASSERT_TRUE(done(apply("sidecar", three, *journal)));
  keeping.emplace(context.get_executor());
  keeping->spawn(keep(three, *journal, keeping->token()));
  make_authority("newer");
  sign("newer", "renewed", "subjectAltName=DNS:muster-sidecar." + space + ".svc\n");
  change(kSecrets, "shop-admin", R"({"data":)" + api::to_json(data("newer", "renewed")) + "}");
  for (const char* kind : {".crt", ".key"}) {
    std::filesystem::copy_file(path(std::string("renewed") + kind),
                               path(std::string("server") + kind),
                               std::filesystem::copy_options::overwrite_existing);
  }
  // Who believes the new one alone is answered once it is shown.
  const std::string other =
      params(R"(,"tls":{"serverName":"muster-sidecar.)" + space + R"(.svc"})");
  ASSERT_TRUE(until([&] { return prepare("sidecar", other).has_value(); }));
  const base::TimePoint then = clock.now();
  EXPECT_TRUE(until([&] { return clock.now() - then > base::seconds(6) || !ended.empty(); }));
  EXPECT_EQ(ended, "") << "two leases later it is renewed still";
  EXPECT_EQ(sidecar->status(), 418U);
}

}  // namespace
}  // namespace cluster
