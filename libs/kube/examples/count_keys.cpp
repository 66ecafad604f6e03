// A whole controller: of each ConfigMap with the label example.muster.dev/count, the annotation
// example.muster.dev/keys says how many keys it has.
//
//   count_keys KUBECONFIG [NAMESPACE]     until SIGTERM; an empty KUBECONFIG: of the pod
//
// What is worth copying: the copy keeps of each object what the program reads and no more; what is
// done is decided by a pure function; the copy says what to look at, and before anything is written
// the object is read from the server; the write names the version that it was decided from; and
// where there is nothing to write, nothing is written, so that a quiet cluster stays quiet.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "aio/clock.h"
#include "aio/signal.h"
#include "aio/task_group.h"
#include "api/node.h"
#include "kube/client.h"
#include "kube/controller.h"
#include "kube/informer.h"
#include "kube/store.h"
#include "kube/taken.h"

namespace {

using api::Node;

const kube::Resource kConfigMaps{"", "v1", "ConfigMap", "configmaps", true};
constexpr const char* kLabel = "example.muster.dev/count";
constexpr const char* kAnnotation = "example.muster.dev/keys";

/// What the copy keeps.
struct Counted {
  std::size_t keys = 0;
  std::string said;  // the annotation
};

base::Result<Counted> decode(std::string_view json) {
  TRY(const Node object, api::parse_json(json));
  return Counted{object["data"].size(), object["metadata"]["annotations"][kAnnotation].as_string()};
}

/// The patch that puts it right; nothing: it is.
std::optional<std::string> decide(const Counted& now, const std::string& version) {
  const std::string right = std::to_string(now.keys);
  if (now.said == right) return std::nullopt;
  return api::to_json(
      Node::map().set("metadata", Node::map()
                                      .set("resourceVersion", version)
                                      .set("annotations", Node::map().set(kAnnotation, right))));
}

class CountKeys {
 public:
  CountKeys(aio::Clock& clock, kube::Client& client, const std::string& space)
      : client_(client),
        copy_(decode),
        informer_(clock, client, {.resource = kConfigMaps, .ns = space, .labels = kLabel}, copy_),
        controller_(clock, {.name = "count-keys", .ready = [this] { return informer_.synced(); }},
                    [this](kube::Key key, std::stop_token stop) {
                      return reconcile(std::move(key), std::move(stop));
                    }) {
    copy_.on_news = [this](const kube::Key& key, kube::News what) { controller_.add(key, what); };
    informer_.complain = [](const std::string& text) {
      std::fprintf(stderr, "%s\n", text.c_str());
    };
    controller_.on_reconciled = [](const kube::Reconciled& one) {
      if (one.error == nullptr) return;
      std::fprintf(stderr, "%s: %s\n", kube::to_string(one.key).c_str(),
                   one.error->message.c_str());
    };
  }

  /// Until stopped.
  aio::Task<base::Result<>> run(std::stop_token stop) {
    aio::TaskGroup group(co_await boost::asio::this_coro::executor, std::move(stop));
    group.spawn(informer_.run(group.token()));
    group.spawn(controller_.run(group.token()));
    co_return co_await group.join();
  }

 private:
  aio::Task<base::Result<kube::Outcome>> reconcile(kube::Key key, std::stop_token stop) {
    const Counted* known = copy_.find(key);
    if (known == nullptr || !decide(*known, copy_.version_of(key))) co_return kube::Outcome{};
    CO_TRY(const kube::Reply found, co_await client_.get(kConfigMaps, key, stop));
    if (found.code == 404) co_return kube::Outcome{};
    CO_TRY(kube::taken(found, "get configmaps " + kube::to_string(key)));
    CO_TRY(const Node object, api::parse_json(found.body));
    CO_TRY(const Counted now, decode(found.body));
    const auto patch = decide(now, object["metadata"]["resourceVersion"].as_string());
    if (!patch) co_return kube::Outcome{};
    CO_TRY(const kube::Reply written,
           co_await client_.patch(kConfigMaps, key, kube::PatchType::Merge, *patch, {}, stop));
    // Somebody was faster: the copy will tell, and this key comes again.
    if (written.code == 409 || written.code == 404) co_return kube::Outcome{};
    CO_TRY(kube::taken(written, "patch configmaps " + kube::to_string(key)));
    std::printf("%s has %zu keys\n", kube::to_string(key).c_str(), now.keys);
    std::fflush(stdout);
    co_return kube::Outcome{};
  }

  kube::Client& client_;
  kube::Store<Counted> copy_;
  kube::Informer informer_;
  kube::Controller controller_;
};

aio::Task<base::Result<>> end_by_signal(std::stop_source& ending, std::stop_token stop) {
  CO_TRY(co_await aio::wait_signal({SIGINT, SIGTERM}, std::move(stop)));
  ending.request_stop();
  co_return base::Result<>{};
}

aio::Task<base::Result<bool>> work(CountKeys& program) {
  std::stop_source ending;
  aio::TaskGroup group(co_await boost::asio::this_coro::executor, ending.get_token());
  group.spawn(end_by_signal(ending, group.token()));
  group.spawn(program.run(group.token()));
  CO_TRY(co_await group.join());
  co_return true;
}

base::Result<bool> run(const std::string& kubeconfig, const std::string& space) {
  boost::asio::io_context context;
  aio::SystemClock clock;
  TRY(kube::Config config, kube::load_config(kubeconfig, {}));
  TRY(const auto client, kube::Client::make(clock, context.get_executor(), std::move(config),
                                            {.user_agent = "count-keys"}));
  CountKeys program(clock, *client, space);
  return aio::run(context, work(program));
}

}  // namespace

int main(int count, char** arguments) {
  aio::ignore_sigpipe();
  const auto done = run(count > 1 ? arguments[1] : "", count > 2 ? arguments[2] : "");
  if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
