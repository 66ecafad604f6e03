// The sidecar fault over an admin port that speaks TLS: the real muster-sidecar, certificates of an
// authority of the test's, and what a plan is told that names the wrong ones.
#include "aio/process.h"
#include "integration/sidecar_process.h"
#include "targets/driver_fixture.h"

namespace targets {
namespace {

using api::Node;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kName = "admin.example";

class SidecarTlsTest : public DriverTest {
 protected:
  void SetUp() override {
    DriverTest::SetUp();
    write("token", "a-token\n");
    make_authority("authority");
    sign("server", std::string("subjectAltName=DNS:") + kName + "\n");
    sign("drill", "extendedKeyUsage=clientAuth\n");
  }

  std::string path(const std::string& name) const { return dir_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }

  void openssl(std::vector<std::string> words) {
    words.insert(words.begin(), "openssl");
    aio::Command command;
    command.argv = std::move(words);
    command.cwd = dir_;
    const auto done = run(aio::run_process(clock_, command, {}));
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(done->ok()) << done->err;
  }
  void make_authority(const std::string& name) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=" + name, "-keyout", name + ".key", "-out",
             name + ".crt"});
  }
  void sign(const std::string& name, const std::string& extensions) {
    write(name + ".ext", extensions);
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
             "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr"});
    openssl({"x509", "-req", "-in", name + ".csr", "-CA", "authority.crt", "-CAkey",
             "authority.key", "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out",
             name + ".crt"});
  }

  void start_sidecar(std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--admin-token-file", path("token"), "--admin-tls-cert-file",
                               path("server.crt"), "--admin-tls-key-file", path("server.key")});
    sidecar_ = std::make_unique<SidecarProcess>(io_, "127.0.0.1:0", std::move(flags));
    ASSERT_TRUE(sidecar_->serves());
  }
  std::string admin() const { return "127.0.0.1:" + std::to_string(sidecar_->admin_port()); }

  Driver& fault() { return driver("sidecar", api::Use::Fault); }
  Node params() const {
    return Node::map()
        .set("process", "tree")
        .set("admin", admin())
        .set("tokenFile", path("token"))
        .set("caFile", path("authority.crt"))
        .set("serverName", kName)
        .set("action", "Abort")
        .set("percent", 100)
        .set("status", 503)
        .set("leaseSeconds", 10);
  }
  Node with_certificate(const std::string& name) const {
    return params().set("certFile", path(name + ".crt")).set("keyFile", path(name + ".key"));
  }
  base::Result<std::string> prove(const Node& params, const Node& undo) {
    Context with = context();
    return run(fault().prove(with, params, undo, {}));
  }
  /// What hinders a fault before anything is done.
  base::Error hindered(const Node& params) {
    const auto prepared = prepare(fault(), params);
    EXPECT_FALSE(prepared);
    return prepared ? base::Error{} : prepared.error();
  }
  void expect_a_whole_fault(const Node& params) {
    const Node prepared = inject(fault(), params);
    const auto proven = prove(params, prepared);
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_EQ(*proven, "tree has Abort in force");
    EXPECT_TRUE(undo(fault(), params, prepared));
    std::stop_source stop;
    stop.request_stop();
    Context with = context();
    EXPECT_FALSE(run(fault().prove(with, params, prepared, stop.get_token()))) << "it was ended";
  }

  std::unique_ptr<SidecarProcess> sidecar_;
};

TEST_F(SidecarTlsTest, AFaultIsHadOverTls) {
  start_sidecar({});
  expect_a_whole_fault(params());
}

TEST_F(SidecarTlsTest, ASidecarThatNobodyVouchesForIsNotTold) {
  start_sidecar({});
  make_authority("stranger");
  const base::Error strange = hindered(params().set("caFile", path("stranger.crt")));
  EXPECT_EQ(strange.code, base::Code::Unavailable);
  EXPECT_THAT(strange.message, AllOf(HasSubstr("the sidecar over TLS"), HasSubstr(admin()),
                                     HasSubstr("certificate verify failed")));
  const base::Error other = hindered(params().set("serverName", "other.example"));
  EXPECT_THAT(other.message, HasSubstr("certificate verify failed"));
  const base::Error by_host = hindered(params().set("serverName", ""));
  EXPECT_THAT(by_host.message, HasSubstr("certificate verify failed"))
      << "the address is not in it";
}

TEST_F(SidecarTlsTest, InTheOpenTheSidecarSaysThatItSpeaksTls) {
  start_sidecar({});
  const base::Error open = hindered(params().set("caFile", "").set("serverName", ""));
  EXPECT_EQ(open.code, base::Code::InvalidArgument);
  EXPECT_THAT(open.message, AllOf(HasSubstr("answered 400"), HasSubstr("https")));
}

TEST_F(SidecarTlsTest, AClientsCertificateIsShownWhereItIsAskedFor) {
  start_sidecar({"--admin-client-ca-file", path("authority.crt")});
  expect_a_whole_fault(with_certificate("drill"));
  const base::Error without = hindered(params());
  EXPECT_EQ(without.code, base::Code::PermissionDenied);
  EXPECT_THAT(without.message, AllOf(HasSubstr("403"), HasSubstr("client certificate is needed")));
}

TEST_F(SidecarTlsTest, AClientsCertificateOfAnotherAuthorityIsRefused) {
  start_sidecar({"--admin-client-ca-file", path("authority.crt")});
  make_authority("stranger");  // which vouches for itself
  const base::Error strange = hindered(with_certificate("stranger"));
  EXPECT_EQ(strange.code, base::Code::Unavailable);
  EXPECT_THAT(strange.message, HasSubstr("the sidecar over TLS"));
}

TEST_F(SidecarTlsTest, FilesAreReadForEveryCallAndNamedWhereTheyCannotBeUsed) {
  start_sidecar({"--admin-client-ca-file", path("authority.crt")});
  const Node with = with_certificate("drill");
  const Node prepared = inject(fault(), with);
  std::filesystem::rename(path("drill.crt"), path("away.crt"));
  const base::Error gone = hindered(with);
  EXPECT_EQ(gone.code, base::Code::FailedPrecondition);
  EXPECT_THAT(gone.message, AllOf(HasSubstr("sidecar.certFile"), HasSubstr("drill.crt")));
  std::filesystem::copy_file(path("server.crt"), path("drill.crt"));
  EXPECT_THAT(hindered(with).message, HasSubstr("client key"));
  std::filesystem::remove(path("drill.crt"));
  std::filesystem::rename(path("away.crt"), path("drill.crt"));
  EXPECT_TRUE(prove(with, prepared));
  EXPECT_THAT(hindered(Node(with).set("caFile", path("nowhere"))).message,
              AllOf(HasSubstr("sidecar.caFile"), HasSubstr("nowhere")));
  EXPECT_TRUE(undo(fault(), with, prepared));
}

}  // namespace
}  // namespace targets
