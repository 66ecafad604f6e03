#include "operator/admission_server.h"

#include <algorithm>
#include <utility>

#include "base/split.h"
#include "crypto/hash.h"

namespace op {
namespace {

constexpr std::size_t kBodyBytesMax = std::size_t{3} << 20U;
constexpr base::Duration kRequestWithin = base::seconds(10);
constexpr base::Duration kBetweenRequests = base::seconds(150);
// Each may hold a body: all of them together fit into the memory limit of the chart's pods.
constexpr std::size_t kConnectionsMax = 48;

net::HttpReply plain(unsigned status, const std::string& text) {
  return {status, "text/plain; charset=utf-8", text + "\n"};
}

}  // namespace

net::HttpServerLimits admission_limits() {
  net::HttpServerLimits out;
  out.connections_max = kConnectionsMax;
  out.body_bytes_max = kBodyBytesMax;
  out.idle = kRequestWithin;
  out.between = kBetweenRequests;
  return out;
}

base::Result<std::unique_ptr<AdmissionServer>> AdmissionServer::listen(
    aio::Clock& clock, const aio::Executor& executor, const std::string& listen,
    std::shared_ptr<net::ServerIdentity> identity, metrics::AdmissionMetrics& metrics,
    const net::HttpServerLimits& limits) {
  std::unique_ptr<AdmissionServer> out(new AdmissionServer(clock, metrics));
  AdmissionServer* self = out.get();
  TRY(out->server_, net::HttpServer::listen_tls(
                        clock, executor, listen, std::move(identity),
                        [self](net::HttpRequest request, std::stop_token stop) {
                          return self->answer(std::move(request), std::move(stop));
                        },
                        limits));
  return out;
}

void AdmissionServer::add(const std::string& path, AdmissionHandler handler) {
  metrics_.declare(path);
  handlers_[path] = std::move(handler);
}

aio::Task<base::Result<>> AdmissionServer::serve(std::stop_token stop) {
  return server_->serve(std::move(stop));
}

/// By digests: how long it takes tells nothing of how much is right.
bool AdmissionServer::takes(std::string_view secret) const {
  const crypto::Digest asked = crypto::sha256(secret);
  return std::ranges::any_of(
      secrets_, [&](const std::string& one) { return crypto::equal(crypto::sha256(one), asked); });
}

/// "/SECRET/validate?timeout=5s": the API server adds how long it waits.
AdmissionServer::Handlers::const_iterator AdmissionServer::find(std::string_view target) const {
  std::string_view path = base::take_until(target, '?');
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::string_view secret = path.substr(0, path.find('/'));
  path.remove_prefix(secret.size());
  return takes(secret) ? handlers_.find(path) : handlers_.end();
}

aio::Task<net::HttpReply> AdmissionServer::answer(net::HttpRequest request, std::stop_token stop) {
  const auto handler = find(request.target);
  if (handler == handlers_.end()) {
    metrics_.strayed();
    co_return plain(404, "there is no webhook here");
  }
  const std::string& path = handler->first;
  if (request.method != "POST") co_return plain(405, "an AdmissionReview is posted");
  const base::TimePoint began = clock_.now();
  const auto review = parse_review(request.body);
  if (!review) {
    metrics_.answered(path, "none", clock_.now() - began);
    co_return plain(400, review.error().message);
  }
  const AdmissionAnswer answer = co_await handler->second(*review, std::move(stop));
  metrics_.answered(path, answer.allowed ? "true" : "false", clock_.now() - began);
  co_return net::HttpReply{200, "application/json", review_text(*review, answer)};
}

}  // namespace op
