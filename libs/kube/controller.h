// A queue of keys and the workers that reconcile them: the driver of a WorkQueue.
//   kube::Controller controller(clock, {.name = "drill", .workers = 2}, reconcile);
//   store.on_news = [&](const kube::Key& key, kube::News what) { controller.add(key, what); };
//   group.spawn(controller.run(group.token()));
// A reconcile looks at how things are and brings them nearer to how they should be. What it
// returns:
//   Outcome{}                      done, until something changes
//   Outcome{.again = minutes(5)}   done, and to be looked at again
//   Error, Retry::Backoff          again after the key's own back-off
//   Error, Retry::After            again when the server asked for it
//   Error, Retry::Terminal         not again, until something changes
// Once stopped, nothing new begins; what runs is told by its token and awaited.
// Source: the behaviour of controller-runtime's Controller.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "kube/key.h"
#include "kube/store.h"
#include "kube/work_queue.h"

namespace kube {

struct Outcome {
  base::Duration again{};  // zero: when something changes
};

struct ControllerOptions {
  std::string name;
  std::size_t workers = 1;
  WorkQueue::Config queue{};
  std::function<bool()> ready{};  // nothing is reconciled before: the copies are there; empty: is
};

/// How a reconcile ended; the names are those of controller-runtime's label `result`.
enum class ReconcileResult : std::uint8_t { Success, RequeueAfter, Error, Terminal };
const char* name(ReconcileResult result);

/// One reconcile that ended.
struct Reconciled {
  const Key& key;
  std::uint64_t number = 0;  // of this controller's, from 1: which one it was
  ReconcileResult result = ReconcileResult::Success;
  base::Duration waited{}, took{};     // waited: in the queue
  const base::Error* error = nullptr;  // null: there was none
};

class Controller {
 public:
  using Reconcile = std::function<aio::Task<base::Result<Outcome>>(Key key, std::stop_token stop)>;

  /// Lifetime: the clock outlives run(). Thread: that of run().
  Controller(aio::Clock& clock, ControllerOptions options, Reconcile reconcile);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  /// Something may have to be done about an object. Before run() too.
  void add(const Key& key, News what = News::Updated);
  void add_after(const Key& key, base::Duration delay);

  /// Until stopped; may be run again, with the keys that were left. Errors: none.
  aio::Task<base::Result<>> run(std::stop_token stop);

  /// A reconcile ended. Whoever sets it calls what was there before.
  std::function<void(const Reconciled& one)> on_reconciled;

  const ControllerOptions& options() const;
  /// For metrics.
  const WorkQueue& queue() const;

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace kube
