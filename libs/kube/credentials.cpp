#include "kube/credentials.h"

#include <fmt/format.h>

#include "aio/file.h"
#include "aio/process.h"
#include "api/node.h"
#include "crypto/base64.h"
#include "kube/resource.h"

namespace kube {
namespace {

constexpr base::Duration kTokenFileAge = base::seconds(60);
/// A token that ends within this is fetched anew, so that it does not end on its way.
constexpr base::Duration kLeeway = base::seconds(10);
constexpr base::Duration kPluginTimeout = base::seconds(60);
constexpr std::string_view kGroup = "client.authentication.k8s.io/";

base::Result<std::string> text_of(const Pem& pem) {
  if (!pem.text.empty() || pem.file.empty()) return pem.text;
  return aio::read_file(pem.file);
}

std::string question(const std::string& api_version) {
  return api::to_json(api::Node::map()
                          .set("kind", "ExecCredential")
                          .set("apiVersion", std::string(kGroup) + api_version)
                          .set("spec", api::Node::map().set("interactive", false)));
}

}  // namespace

base::Result<PluginAnswer> parse_plugin_answer(std::string_view json,
                                               const std::string& api_version) {
  const auto wrong = [](const std::string& why) {
    return base::fail(base::Code::InvalidArgument, why);
  };
  const auto answer = api::parse_json(json);
  if (!answer) return wrong("it printed no JSON: " + answer.error().message);
  const std::string version = std::string(kGroup) + api_version;
  if ((*answer)["kind"].as_string() != "ExecCredential" ||
      (*answer)["apiVersion"].as_string() != version) {
    return wrong(fmt::format("it printed {} {}, not an ExecCredential of {}",
                             (*answer)["apiVersion"].as_string(), (*answer)["kind"].as_string(),
                             version));
  }
  const api::Node& status = (*answer)["status"];
  PluginAnswer out;
  out.token = status["token"].as_string();
  out.certificate = status["clientCertificateData"].as_string();
  out.key = status["clientKeyData"].as_string();
  if (out.certificate.empty() != out.key.empty()) {
    return wrong("it gave one of clientCertificateData and clientKeyData without the other");
  }
  if (out.token.empty() && out.certificate.empty()) {
    return wrong("it gave neither a token nor a certificate");
  }
  if (const std::string& expires = status["expirationTimestamp"].as_string(); !expires.empty()) {
    TRY(out.expires, parse_time(expires));
  }
  return out;
}

base::Result<Credentials> Credentials::make(aio::Clock& clock, User user) {
  Credentials out(clock, std::move(user));
  TRY(out.identity_.certificate, text_of(out.user_.certificate));
  TRY(out.identity_.key, text_of(out.user_.key));
  if (!out.user_.token.empty()) out.identity_.authorization = "Bearer " + out.user_.token;
  if (!out.user_.username.empty()) {
    out.identity_.authorization =
        "Basic " + crypto::base64_encode(out.user_.username + ":" + out.user_.password);
  }
  return out;
}

bool Credentials::stale() const {
  if (!user_.token_file.empty()) return !known_ || clock_->now() - read_ >= kTokenFileAge;
  if (!user_.exec) return false;
  return !known_ || (expires_ && clock_->wall_now() + kLeeway >= *expires_);
}

base::Result<> Credentials::read_token() {
  TRY(std::string token, aio::read_file(user_.token_file));
  while (!token.empty() && (token.back() == '\n' || token.back() == ' ')) token.pop_back();
  if (token.empty() || token.find_first_of("\r\n") != std::string::npos) {
    return base::fail(base::Code::PermissionDenied,
                      user_.token_file + ": one line with a token is needed");
  }
  identity_.authorization = "Bearer " + token;
  read_ = clock_->now();
  known_ = true;
  return {};
}

aio::Task<base::Result<>> Credentials::ask_plugin(std::stop_token stop) {
  const ExecPlugin& plugin = *user_.exec;
  aio::Command command;
  command.argv = {plugin.command};
  command.argv.insert(command.argv.end(), plugin.arguments.begin(), plugin.arguments.end());
  command.env = plugin.environment;
  command.env.emplace_back("KUBERNETES_EXEC_INFO", question(plugin.api_version));
  command.timeout = kPluginTimeout;
  command.output_bytes_max = std::size_t{1} << 20U;
  const auto ended = co_await aio::run_process(*clock_, std::move(command), std::move(stop));
  const std::string what = fmt::format("credential plugin {}", plugin.command);
  if (!ended) {
    base::Error error = ended.error().with(what);
    if (!plugin.install_hint.empty()) error.message += "\n" + plugin.install_hint;
    co_return tl::unexpected(std::move(error));
  }
  if (!ended->ok()) {
    co_return base::fail(base::Code::PermissionDenied,
                         fmt::format("{}: {}", what, ended->summary()));
  }
  auto answer = parse_plugin_answer(ended->out, plugin.api_version);
  if (!answer) {
    co_return base::fail(base::Code::PermissionDenied,
                         fmt::format("{}: {}", what, answer.error().message));
  }
  if (!answer->token.empty()) identity_.authorization = "Bearer " + answer->token;
  if (answer->certificate != identity_.certificate) ++identity_.generation;
  identity_.certificate = std::move(answer->certificate);
  identity_.key = std::move(answer->key);
  expires_ = answer->expires;
  known_ = true;
  co_return base::Result<>{};
}

aio::Task<base::Result<Identity>> Credentials::current(std::stop_token stop) {
  if (stale()) {
    if (user_.token_file.empty()) {
      CO_TRY(co_await ask_plugin(std::move(stop)));
    } else if (const auto read = read_token(); !read && !known_) {
      co_return tl::unexpected(read.error());  // one that is known may still be good
    }
  }
  co_return identity_;
}

bool Credentials::refused() {
  if (user_.token_file.empty() && !user_.exec) return false;
  known_ = false;
  return true;
}

}  // namespace kube
