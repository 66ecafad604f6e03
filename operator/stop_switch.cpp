#include "operator/stop_switch.h"

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "aio/task_group.h"
#include "api/node.h"
#include "operator/log.h"

namespace op {
namespace {

const kube::Resource kConfigMaps{"", "v1", "ConfigMap", "configmaps", true};

base::Result<std::string> parse_stop(std::string_view json) {
  TRY(const api::Node object, api::parse_json(json));
  const std::string& reason = object["data"]["reason"].as_string();
  return fmt::format("ConfigMap {}/{} stops all drills{}{}",
                     object["metadata"]["namespace"].as_string(), kStopName,
                     reason.empty() ? "" : ": ", reason);
}

}  // namespace

StopSwitch::StopSwitch(aio::Clock& clock, kube::Client& client, std::string own,
                       const std::string& watched)
    : own_(std::move(own)), all_(parse_stop), mine_(parse_stop) {
  const auto watch = [&](const std::string& ns, kube::Store<std::string>& store) {
    store.on_news = [this](const kube::Key&, kube::News) {
      if (on_change) on_change();
    };
    kube::InformerOptions options{.resource = kConfigMaps, .ns = ns};
    options.fields = std::string("metadata.name=") + kStopName;
    informers_.push_back(
        std::make_unique<kube::Informer>(clock, client, std::move(options), store));
    informers_.back()->complain = [](const std::string& text) { log(Level::Warning, text, {}); };
  };
  watch(watched, all_);
  if (!watched.empty() && watched != own_) watch(own_, mine_);
}

aio::Task<base::Result<>> StopSwitch::follow(std::stop_token stop) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor);
  for (const auto& informer : informers_) group.spawn(informer->run(group.token()));
  const std::stop_callback ended(stop, [&] { group.cancel(); });
  co_return co_await group.join();
}

bool StopSwitch::synced() const {
  return std::all_of(informers_.begin(), informers_.end(),
                     [](const auto& informer) { return informer->synced(); });
}

std::string StopSwitch::reason(const std::string& ns) const {
  for (const kube::Key& key : {kube::Key{own_, kStopName}, kube::Key{ns, kStopName}}) {
    for (const kube::Store<std::string>* store : {&all_, &mine_}) {
      if (const std::string* why = store->find(key)) return *why;
    }
  }
  return "";
}

}  // namespace op
