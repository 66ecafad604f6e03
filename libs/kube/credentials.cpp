#include "kube/credentials.h"

#include <algorithm>

#include <fmt/format.h>

#include "aio/file.h"
#include "aio/process.h"
#include "api/node.h"
#include "crypto/base64.h"
#include "kube/resource.h"

namespace kube {
namespace {

/// A token that ends within this is fetched anew, so that it does not end on its way.
constexpr base::Duration kLeeway = base::seconds(10);
constexpr base::Duration kPluginTimeout = base::seconds(60);

std::string question(const std::string& api_version) {
  return api::to_json(api::Node::map()
                          .set("kind", "ExecCredential")
                          .set("apiVersion", std::string(kPluginGroup) + api_version)
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
  const std::string version = std::string(kPluginGroup) + api_version;
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
  out.identity_.certificate = out.user_.certificate.text;
  out.identity_.key = out.user_.key.text;
  if (!out.user_.token.empty() && out.user_.token_file.empty()) {
    TRY(out.take_token(out.user_.token, "the token of kubeconfig"));
  }
  if (!out.user_.username.empty()) {
    out.identity_.authorization =
        "Basic " + crypto::base64_encode(out.user_.username + ":" + out.user_.password);
  }
  return out;
}

bool Credentials::has_files() const {
  const auto in_file = [](const Pem& pem) { return pem.text.empty() && !pem.file.empty(); };
  return !user_.token_file.empty() || in_file(user_.certificate) || in_file(user_.key);
}

bool Credentials::stale() const {
  if (!has_files() && !user_.exec) return false;
  if (!known_) return true;
  if (user_.exec) return expires_ && clock_->wall_now() + kLeeway >= *expires_;
  return clock_->now() - read_ >= kFileAge;
}

base::Result<> Credentials::take_token(std::string token, const std::string& whose) {
  while (!token.empty() && std::string_view("\r\n ").find(token.back()) != std::string::npos) {
    token.pop_back();
  }
  const auto odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (token.empty() || std::any_of(token.begin(), token.end(), odd)) {
    return base::fail(base::Code::PermissionDenied, whose + ": a token is one word",
                      base::Retry::Backoff);
  }
  identity_.authorization = "Bearer " + token;
  return {};
}

base::Result<> Credentials::read_files() {
  if (!user_.token_file.empty()) {
    TRY(std::string token, aio::read_file(user_.token_file));
    TRY(take_token(std::move(token), user_.token_file));
  }
  TRY(std::string certificate, read_pem(user_.certificate));
  TRY(std::string key, read_pem(user_.key));
  if (certificate != identity_.certificate || key != identity_.key) ++identity_.generation;
  identity_.certificate = std::move(certificate);
  identity_.key = std::move(key);
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
  auto ended = co_await aio::run_process(*clock_, std::move(command), std::move(stop));
  const std::string what = fmt::format("credential plugin {}", plugin.command);
  if (!ended) {
    base::Error error = ended.error().with(what);
    error.retry = base::Retry::Backoff;
    if (!plugin.install_hint.empty()) error.message += "\n" + plugin.install_hint;
    co_return tl::unexpected(std::move(error));
  }
  if (!ended->ok()) {
    ended->out.clear();  // which may hold a credential all the same
    co_return base::fail(base::Code::PermissionDenied,
                         fmt::format("{}: {}", what, ended->summary()), base::Retry::Backoff);
  }
  auto answer = parse_plugin_answer(ended->out, plugin.api_version);
  if (!answer) {
    co_return base::fail(base::Code::PermissionDenied,
                         fmt::format("{}: {}", what, answer.error().message), base::Retry::Backoff);
  }
  if (!answer->token.empty()) CO_TRY(take_token(std::move(answer->token), what));
  if (!answer->certificate.empty()) {
    if (answer->certificate != identity_.certificate) ++identity_.generation;
    identity_.certificate = std::move(answer->certificate);
    identity_.key = std::move(answer->key);
  }
  expires_ = answer->expires;
  known_ = true;
  co_return base::Result<>{};
}

aio::Task<base::Result<>> Credentials::refresh(std::stop_token stop) {
  if (user_.exec) co_return co_await ask_plugin(std::move(stop));
  const auto read = read_files();
  if (!read && known_) {
    read_ = clock_->now();  // what was read before may still be good
    co_return base::Result<>{};
  }
  if (!read) {
    base::Error error = read.error();
    error.retry = base::Retry::Backoff;
    co_return tl::unexpected(std::move(error));
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<Identity>> Credentials::current(std::stop_token stop) {
  while (asking_) {
    const std::shared_ptr<aio::Event> asking = asking_;
    if (!co_await asking->wait(stop)) {
      co_return base::fail(base::Code::Cancelled, "stopped while credentials were asked for");
    }
  }
  if (stale()) {
    const auto asking = std::make_shared<aio::Event>(co_await boost::asio::this_coro::executor);
    asking_ = asking;
    const auto refreshed = co_await refresh(std::move(stop));
    asking_ = nullptr;
    asking->set();
    if (!refreshed) co_return tl::unexpected(refreshed.error());
  }
  co_return identity_;
}

bool Credentials::refused(const Identity& identity) {
  if (!has_files() && !user_.exec) return false;
  const bool current = identity.authorization == identity_.authorization &&
                       identity.generation == identity_.generation;
  if (current) known_ = false;
  return true;
}

}  // namespace kube
