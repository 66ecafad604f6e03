#include "runner/drive.h"

#include <algorithm>
#include <utility>

namespace runner {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

/// Awaits one answer and posts it. A free coroutine: its parameters live in its frame.
template <class Answer>
aio::Task<base::Result<>> deliver(Drive& drive, aio::Task<Answer> work) {
  drive.post(co_await std::move(work));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> look_for(Drive& drive, Edge& edge, std::uint32_t number,
                                   std::stop_token stop) {
  drill::event::Observed observed = co_await edge.look(std::move(stop));
  observed.answers = number;
  drive.post(observed);
  co_return base::Result<>{};
}

/// A fault that took effect is kept in force until it is undone. One that is lost meanwhile, or a
/// part of it, is said: what is measured from then on is not what the plan asked for.
aio::Task<base::Result<>> inject(Drive& drive, aio::Clock& clock, Actuator& actuator,
                                 drill::PartId id, std::stop_token stop, std::stop_token keep) {
  const drill::event::Applied applied = co_await actuator.apply(id, std::move(stop));
  drive.post(applied);
  if (applied.result != drill::DoResult::Ok) co_return base::Result<>{};
  const auto tell = [&drive, &clock, id, keep](const std::string& what) {
    if (keep.stop_requested()) return;
    drive.chronicle().note(clock.now(), drill::TimelineEvent::Kind::Warning, drill::to_string(id),
                           one_line("in force no more: " + what));
  };
  const auto kept = co_await actuator.sustain(id, tell, keep);
  if (!kept) tell(kept.error().message);
  co_return base::Result<>{};
}

void make_one_line(drill::Event& event) {
  std::visit(
      [](auto& e) {
        if constexpr (requires { e.detail; }) e.detail = one_line(e.detail);
        if constexpr (requires { e.why; }) e.why = one_line(e.why);
      },
      event);
}

}  // namespace

base::Duration before_the_engine(base::Duration limit, base::Duration ends_within) {
  return limit - std::min(limit / 10, base::millis(500)) - std::min(limit / 2, ends_within);
}

Drive::Drive(aio::Clock& clock, const aio::Executor& executor, drill::Engine engine,
             Actuator& actuator, Edge& edge, store::UndoJournal& journal)
    : clock_(clock),
      executor_(executor),
      engine_(std::move(engine)),
      actuator_(actuator),
      edge_(edge),
      journal_(journal),
      chronicle_(engine_.config()),
      tasks_(executor),
      alarm_(clock.alarm(executor)),
      news_(executor, aio::Event::Mode::Auto) {}

void Drive::post(drill::Event event) {
  make_one_line(event);
  queue_.push_back(std::move(event));
  news_.set();
}

void Drive::abort(drill::AbortReason reason, std::string detail) {
  post(drill::event::AbortRequested{reason, std::move(detail)});
}

void Drive::start_part(drill::PartId id) {
  std::stop_source& stop = running_[id] = std::stop_source();
  tasks_.spawn(deliver(*this, actuator_.apply(id, stop.get_token())));
}

void Drive::start_fault(drill::PartId id) {
  std::stop_source& stop = running_[id] = std::stop_source();
  std::stop_source& keep = kept_[id] = std::stop_source();
  tasks_.spawn(inject(*this, clock_, actuator_, id, stop.get_token(), keep.get_token()));
}

/// With the first undo: who takes back what was done about a fault wants the fault gone, too.
void Drive::let_go() {
  for (auto& [id, keep] : kept_) keep.request_stop();
}

/// What may still take effect is answered once more when it cannot any more.
void Drive::settle(const drill::Event& event) {
  const auto* applied = std::get_if<drill::event::Applied>(&event);
  if (applied == nullptr || !applied->may_land) return;
  tasks_.spawn(deliver(*this, actuator_.settle(*applied, tasks_.token())));
}

void Drive::carry_out(const drill::Action& action) {
  namespace act = drill::action;
  const std::stop_token stop = tasks_.token();
  std::visit(
      Overloaded{
          [&](const act::Preflight&) { tasks_.spawn(deliver(*this, edge_.preflight(stop))); },
          [&](const act::Record& record) {
            const base::Duration limit =
                before_the_engine(engine_.config().timing.record, actuator_.ends_within());
            tasks_.spawn(deliver(*this, actuator_.record(record.id, limit, stop)));
          },
          [&](const act::Inject& inject) { start_fault(inject.id); },
          [&](const act::RunStep& step) { start_part(step.id); },
          [&](const act::Cancel& cancel) {
            if (const auto found = running_.find(cancel.id); found != running_.end()) {
              found->second.request_stop();
            }
          },
          [&](const act::Prove& prove) {
            // A proof only reads, which is given up at once.
            const base::Duration limit = before_the_engine(engine_.config().timing.prove);
            tasks_.spawn(deliver(*this, actuator_.prove(prove.id, limit, stop)));
          },
          [&](const act::Observe& observe) {
            edge_.observe(observe.what);
            if (observe.number != 0) tasks_.spawn(look_for(*this, edge_, observe.number, stop));
          },
          [&](const act::TakeFinalRead& read) {
            tasks_.spawn(deliver(*this, edge_.final_read(read.which, stop)));
          },
          [&](const act::Restore& restore) {
            let_go();
            const base::Duration limit =
                before_the_engine(engine_.config().timing.restore, actuator_.ends_within());
            tasks_.spawn(deliver(*this, actuator_.restore(restore, limit, stop)));
          },
          [&](const act::WakeAt& wake) {
            alarm_->arm(wake.at, [this] { post(drill::event::Woke{}); });
          },
          [](const act::Note&) {},
          [&](const act::Finish& finish) {
            // A journal that cannot be closed is recovered once more, which is harmless.
            const bool closes = finish.whole && closes_journal_;
            if (closes) static_cast<void>(journal_.close(true, finish.reason));
          }},
      action);
}

aio::Task<drill::action::Finish> Drive::run() {
  post(drill::event::Begin{});
  while (!engine_.finished()) {
    while (queue_.empty()) co_await news_.wait();
    const drill::Event event = std::move(queue_.front());
    queue_.pop_front();
    const base::TimePoint now = clock_.now();
    chronicle_.event(event, now);
    for (const drill::Action& action : engine_.step(event, now)) {
      chronicle_.action(action, now);
      carry_out(action);
    }
    settle(event);
  }
  alarm_->disarm();
  for (auto& [id, stop] : running_) stop.request_stop();
  let_go();
  tasks_.cancel();
  static_cast<void>(co_await tasks_.join());
  co_return *chronicle_.finish();
}

}  // namespace runner
