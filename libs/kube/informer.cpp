#include "kube/informer.h"

#include <optional>
#include <utility>

#include "aio/entropy.h"
#include "aio/task_group.h"
#include "kube/decode.h"
#include "kube/inbox.h"

namespace kube {

class Informer::Driver {
 public:
  Driver(aio::Clock& clock, Client& client, InformerOptions options, Copy& copy, Informer& owner)
      : clock_(clock),
        client_(client),
        options_(std::move(options)),
        copy_(copy),
        owner_(owner),
        reflector_(options_.reflector, aio::seed()) {}

  aio::Task<base::Result<>> run(std::stop_token stop) {
    const aio::Executor executor = co_await boost::asio::this_coro::executor;
    aio::TaskGroup group(executor);
    group_ = &group;
    inbox_.emplace(clock_, executor);
    take(reflect_event::Woke{});
    const auto take_it = [this](const ReflectEvent& event) { take(event); };
    while (co_await inbox_->turn(take_it, stop)) {
    }
    end_request();
    static_cast<void>(co_await group.join());
    group_ = nullptr;
    co_return base::Result<>{};
  }

  const Reflector& reflector() const { return reflector_; }

 private:
  void take(const ReflectEvent& event) {
    for (const ReflectAction& action : reflector_.step(event, clock_.now())) {
      std::visit([this](const auto& one) { carry_out(one); }, action);
    }
  }

  void carry_out(const reflect_action::List& list) {
    begin_request();
    group_->spawn(ask_page(request_, list, request_stop_.get_token()));
  }
  void carry_out(const reflect_action::Watch& watch) {
    begin_request();
    group_->spawn(follow(request_, watch, request_stop_.get_token()));
  }
  void carry_out(const reflect_action::Close&) { end_request(); }
  void carry_out(const reflect_action::Commit&) { copy_.commit(); }
  void carry_out(const reflect_action::Discard&) { copy_.discard(); }
  void carry_out(const reflect_action::WakeAt& wake) { inbox_->wake_at(wake.at); }

  void begin_request() {
    ++request_;
    request_stop_ = std::stop_source();
  }
  void end_request() {
    ++request_;
    request_stop_.request_stop();
  }
  /// Nothing of a request that was closed is heard.
  void happened(std::uint64_t request, ReflectEvent event) {
    if (request != request_) return;
    inbox_->put(std::move(event));
  }
  void complain(const ObjectText& object, const base::Result<>& outcome) const {
    if (outcome || !owner_.complain) return;
    owner_.complain(options_.resource.kind + " " + to_string(object.key) + ": " +
                    outcome.error().message);
  }

  static reflect_event::Failed failed(const Refusal& refusal) {
    return {.code = static_cast<int>(refusal.code),
            .reason = refusal.reason,
            .version_too_large = refusal.version_too_large,
            .retry_after = refusal.retry_after,
            .message = refusal.message};
  }
  static reflect_event::Failed failed(const base::Error& error) {
    const bool too_much =
        error.code == base::Code::ResourceExhausted || error.code == base::Code::DeadlineExceeded;
    return {.code = 0, .too_much = too_much, .message = error.message};
  }

  aio::Task<base::Result<>> ask_page(std::uint64_t request, reflect_action::List list,
                                     std::stop_token stop) {
    ListQuery query;
    query.labels = options_.labels;
    query.fields = options_.fields;
    query.limit = list.limit;
    query.next = list.next;
    if (list.next.empty()) query.version = list.version;
    if (!query.version.empty()) query.match = "NotOlderThan";
    const auto reply = co_await client_.list(options_.resource, options_.ns, query, stop);
    if (request != request_) co_return base::Result<>{};
    if (!reply) {
      happened(request, failed(reply.error()));
    } else if (!reply->ok()) {
      happened(request, failed(reply->refusal));
    } else if (const auto page = decoder_.list_page(reply->body); !page) {
      happened(request, failed(page.error()));
    } else {
      for (const ObjectText& item : page->items) {
        complain(item, copy_.stage(item.key, item.version, item.json));
      }
      happened(request, reflect_event::Page{page->version, page->next});
    }
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> follow(std::uint64_t request, reflect_action::Watch watch,
                                   std::stop_token stop) {
    WatchQuery query;
    query.labels = options_.labels;
    query.fields = options_.fields;
    query.version = watch.version;
    query.initial = watch.initial;
    query.timeout_seconds = watch.timeout_seconds;
    bool accepted = false;
    std::optional<reflect_event::Failed> failure;
    const auto line = [this, request, &failure](std::string_view text) {
      if (request != request_) return false;
      failure = heard(text);
      return !failure.has_value();
    };
    const auto reply = co_await client_.watch(
        watch_target(options_.resource, options_.ns, query), [&accepted] { accepted = true; }, line,
        stop);
    if (failure) {
      happened(request, *failure);
    } else if (!reply && !accepted) {
      happened(request, failed(reply.error()));
    } else if (reply && !reply->ok()) {
      happened(request, failed(reply->refusal));
    } else {
      happened(request, reflect_event::Ended{});
    }
    co_return base::Result<>{};
  }

  /// Why the watch is of no use any more; nothing: it is.
  std::optional<reflect_event::Failed> heard(std::string_view line) {
    const auto event = decoder_.watch_event(line);
    if (!event) return failed(event.error());
    const ObjectText& object = event->object;
    if (event->error) return failed(refusal_of(0, object.json));
    switch (reflector_.got(event->change, object.version, event->initial_end, clock_.now())) {
      case Fate::Nothing: break;
      case Fate::Stage:
        complain(object, copy_.stage(object.key, object.version, object.json));
        break;
      case Fate::Unstage: copy_.unstage(object.key); break;
      case Fate::Put: complain(object, copy_.put(object.key, object.version, object.json)); break;
      case Fate::Remove: copy_.remove(object.key); break;
      case Fate::Commit: copy_.commit(); break;
    }
    return {};
  }

  aio::Clock& clock_;
  Client& client_;
  InformerOptions options_;
  Copy& copy_;
  Informer& owner_;
  Reflector reflector_;
  Decoder decoder_;

  aio::TaskGroup* group_ = nullptr;  // while run() runs
  std::optional<Inbox<ReflectEvent, reflect_event::Woke>> inbox_;
  std::uint64_t request_ = 0;  // the one that is heard
  std::stop_source request_stop_;
};

Informer::Informer(aio::Clock& clock, Client& client, InformerOptions options, Copy& copy)
    : driver_(std::make_unique<Driver>(clock, client, std::move(options), copy, *this)) {}
Informer::~Informer() = default;

aio::Task<base::Result<>> Informer::run(std::stop_token stop) {
  return driver_->run(std::move(stop));
}

bool Informer::synced() const {
  return driver_->reflector().synced();
}

const std::string& Informer::version() const {
  return driver_->reflector().version();
}

const std::string& Informer::problem() const {
  return driver_->reflector().problem();
}

std::uint64_t Informer::lists() const {
  return driver_->reflector().lists();
}

}  // namespace kube
