#include "sidecar/pod_figures.h"

#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/file.h"
#include "api/node.h"
#include "sidecar/log.h"
#include "sidecar/metric_text.h"

namespace sidecar {
namespace {

constexpr base::Duration kEvery = base::seconds(10);
constexpr base::Duration kSoon = base::seconds(2);  // while they are on their way
constexpr base::Duration kWithin = base::seconds(5);
constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20U;
/// As the operator names it (operator/injection.h), which a sidecar does not link.
constexpr const char* kOwnContainer = "muster-sidecar";

/// What is wrong, as the operator words it; else the beginning of the text.
std::string why_of(const std::string& body) {
  const auto said = api::parse_json(body);
  if (said && (*said)["error"].is_string()) return (*said)["error"].as_string();
  return body.substr(0, 200);
}

}  // namespace

PodFiguresPlace pod_figures_place(const std::string& flag) {
  return {.url = flag.empty() ? aio::env_or("MUSTER_POD_FIGURES", "") : flag,
          .uid = aio::env_or("MUSTER_POD_UID", "")};
}

base::Result<> check_pod_figures(const std::string& url) {
  if (url.empty()) return {};
  const auto parsed = net::parse_url(url);
  if (parsed) return {};
  return base::fail(base::Code::InvalidArgument,
                    "--pod-figures or MUSTER_POD_FIGURES: " + parsed.error().message);
}

base::Result<std::unique_ptr<PodFigures>> PodFigures::create(aio::Clock& clock,
                                                             const aio::Executor& executor,
                                                             const std::string& url,
                                                             sampling::KubeletSource& source) {
  TRY(check_pod_figures(url));
  TRY(net::Url parsed, net::parse_url(url));
  std::shared_ptr<net::TlsContext> tls;
  if (parsed.tls) {
    TRY(tls, net::make_tls_context_of(""));
  }
  return std::unique_ptr<PodFigures>(
      new PodFigures(clock, executor, std::move(parsed), std::move(tls), source));
}

/// No connection is kept: each request may go to another replica, and thousands of sidecars hold
/// none open.
PodFigures::PodFigures(aio::Clock& clock, const aio::Executor& executor, net::Url url,
                       std::shared_ptr<net::TlsContext> tls, sampling::KubeletSource& source)
    : clock_(clock),
      source_(source),
      url_(std::move(url)),
      client_(executor, url_.address, std::move(tls),
              net::HttpClientLimits{.body_bytes_max = kAnswerBytesMax, .idle_max = 0}) {}

aio::Task<base::Result<>> PodFigures::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto said = co_await ask(stop);
    if (stop.stop_requested()) break;
    const bool pending = said && !*said;
    take(std::move(said));
    co_await aio::wait_for(clock_, pending ? kSoon : kEvery, stop);
  }
  co_return base::Result<>{};
}

void PodFigures::take(base::Result<std::optional<sampling::KubeletStats>> said) {
  using Heard = sampling::KubeletSource::Heard;
  if (!said) return note(kFailed, said.error().message);
  if (!*said) return note(kPending, {});
  const auto heard = source_.hear(**std::move(said), clock_.now(), clock_.wall_now());
  switch (heard) {
    case Heard::New: return note(kNew, {});
    case Heard::Same: return note(kSame, {});
    case Heard::Old: return note(kOld, "the kubelet has not looked at the pod for too long");
    case Heard::Other: return note(kOther, "they are of another pod of this name");
  }
}

aio::Task<base::Result<std::optional<sampling::KubeletStats>>> PodFigures::ask(
    std::stop_token stop) {
  net::HttpCall call{.target = url_.path, .headers = {{"User-Agent", "muster-sidecar"}}};
  CO_TRY(const net::HttpAnswer answer,
         co_await aio::with_deadline(
             clock_, clock_.now() + kWithin, stop, "ask for the pod's figures",
             [&](std::stop_token within) { return client_.exchange(std::move(call), within); }));
  if (answer.status == 202) co_return std::nullopt;
  if (answer.status != 200) {
    co_return base::fail(base::Code::Unavailable,
                         fmt::format("{}: {}", answer.status, why_of(answer.body)));
  }
  CO_TRY(sampling::KubeletStats stats, sampling::parse_kubelet_stats(answer.body, kOwnContainer));
  co_return std::optional(std::move(stats));
}

/// The log has the first of a row of failures, and the end of it.
void PodFigures::note(Outcome outcome, const std::string& why) {
  ++counts_[outcome];
  if (outcome == kPending) return;
  const bool fails = outcome == kFailed || outcome == kOld || outcome == kOther;
  if (fails && !failing_) {
    log(Level::Warning, "there are no figures of the pod", {{"from", "kubelet"}, {"why", why}});
  } else if (!fails && failing_) {
    log(Level::Info, "there are figures of the pod again", {{"from", "kubelet"}});
  }
  failing_ = fails;
}

std::string PodFigures::exposition() const {
  std::string out = metric_head("muster_sidecar_pod_figures_total", "counter",
                                "Times when the pod's figures were asked for, by what came.");
  constexpr std::array kNames = {"new", "same", "old", "other", "pending", "failed"};
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    out += fmt::format("muster_sidecar_pod_figures_total{{result=\"{}\"}} {}\n", kNames[i],
                       counts_[i]);
  }
  return out;
}

}  // namespace sidecar
