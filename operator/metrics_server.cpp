#include "operator/metrics_server.h"

#include <utility>

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "aio/task_group.h"
#include "operator/log.h"

namespace op {
namespace {

/// Who scrapes gets the authority by way of others: a Prometheus Operator, a Secret in a pod.
constexpr base::Duration kSpread = base::seconds(3600);

/// Of the ConfigMap with the authority, behind the Service's name.
constexpr const char* kPublished = "-ca";

net::HttpServerLimits limits() {
  net::HttpServerLimits out;
  constexpr std::size_t kConnections = 16, kBody = 4096;
  out.connections_max = kConnections;
  out.body_bytes_max = kBody;
  out.idle = base::seconds(10);
  out.between = base::seconds(150);  // scrapes come every minute
  return out;
}

const char* words_of(Scraper scraper) {
  switch (scraper) {
    case Scraper::Allowed: return "";
    case Scraper::Unknown: return "a bearer token that the API server knows is needed\n";
    case Scraper::Forbidden: return "the right to get the path /metrics is needed\n";
    case Scraper::Unjudged: return "the operator may not ask who this is: see its log\n";
    case Scraper::Later: return "it cannot be asked now who this is; try again\n";
  }
  return "";
}

}  // namespace

base::Result<std::unique_ptr<MetricsServer>> MetricsServer::make(
    aio::Clock& clock, kube::Client& client, const aio::Executor& executor,
    const MetricsOptions& options, const std::string& ns, const std::string& deployment,
    std::function<bool()> leads, Text text) {
  std::unique_ptr<MetricsServer> out(new MetricsServer(clock, client, std::move(text)));
  MetricsServer* self = out.get();
  KeeperSettings keeper;
  keeper.secret = {ns, options.name};
  keeper.published = {ns, options.name + kPublished};
  keeper.owner = {ns, deployment};
  keeper.names = {fmt::format("{}.{}.svc", options.name, ns)};
  keeper.times.spread = kSpread;
  keeper.controller = "metrics-certificates";
  keeper.component = "metrics";
  keeper.without = "the metrics are not served";
  keeper.leads = std::move(leads);
  out->keeper_.emplace(clock, client, std::move(keeper), out->identity_);
  out->keeper_->on_shown = [self](const crypto::Certificate& serving,
                                  const crypto::Certificate& authority) {
    self->expiry_.shown(serving.validity.until, authority.validity.until);
    log(Level::Info, "metrics show a certificate",
        {{"until", base::rfc3339(serving.validity.until)}});
  };
  TRY(out->server_, net::HttpServer::listen_tls(
                        clock, executor, options.listen, out->identity_,
                        [self](net::HttpRequest request, std::stop_token stop) {
                          return self->answer(std::move(request), std::move(stop));
                        },
                        limits()));
  log(Level::Info, "metrics are served", {{"port", std::to_string(out->server_->port())}});
  return out;
}

aio::Task<base::Result<>> MetricsServer::serve(std::stop_token stop) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor, stop);
  group.spawn(keeper_->follow(group.token()));
  group.spawn(server_->serve(group.token()));
  co_return co_await group.join();
}

aio::Task<net::HttpReply> MetricsServer::answer(net::HttpRequest request, std::stop_token stop) {
  if (request.target.substr(0, request.target.find('?')) != "/metrics") {
    co_return net::HttpReply{404, "text/plain", "try /metrics\n"};
  }
  if (request.method != "GET" && request.method != "HEAD") {
    co_return net::HttpReply{405, "text/plain", "metrics are read\n"};
  }
  const std::string* header = request.header("Authorization");
  const Scraper scraper =
      co_await access_.judge(request.client, header == nullptr ? "" : *header, std::move(stop));
  if (scraper == Scraper::Allowed) {
    co_return net::HttpReply{200, kMetricsType, text_() + expiry_.text()};
  }
  net::HttpReply out{status_of(scraper), "text/plain", words_of(scraper)};
  if (scraper == Scraper::Unknown) out.headers.push_back({"WWW-Authenticate", "Bearer"});
  co_return out;
}

}  // namespace op
