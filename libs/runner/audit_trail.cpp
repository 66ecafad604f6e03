#include "runner/audit_trail.h"

#include <utility>

#include <fmt/format.h>

namespace runner {

base::Result<std::unique_ptr<AuditTrail>> AuditTrail::open(const std::string& path,
                                                           aio::Clock& clock, About about,
                                                           Measured measured) {
  TRY(store::AuditLog log, store::AuditLog::open(path));
  // make_unique cannot reach the constructor.
  return std::unique_ptr<AuditTrail>(
      new AuditTrail(std::move(log), clock, std::move(about), std::move(measured)));
}

AuditTrail::AuditTrail(store::AuditLog log, aio::Clock& clock, About about, Measured measured)
    : log_(std::move(log)),
      clock_(clock),
      about_(std::move(about)),
      measured_(std::move(measured)),
      thread_([this] { work(); }) {}

AuditTrail::~AuditTrail() {
  {
    const std::scoped_lock hold(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

store::AuditEntry AuditTrail::entry(const std::string& event, const std::string& subject,
                                    const std::string& text) const {
  store::AuditEntry out;
  out.at = clock_.wall_now();
  out.drill = about_.drill;
  out.event = event;
  out.subject = subject;
  out.text = text;
  out.uid = about_.requester.uid;
  out.user = about_.requester.user;
  out.host = about_.requester.host;
  return out;
}

base::Result<> AuditTrail::write(store::AuditEntry entry) {
  const auto written = [&] {
    const std::scoped_lock hold(writing_);
    return log_.append(std::move(entry));
  }();
  if (written && measured_) measured_(written->took);
  const std::scoped_lock hold(mutex_);
  if (!written) {
    ++failed_;
    if (first_error_.empty()) first_error_ = written.error().message;
    return tl::unexpected(written.error());
  }
  slow_ += written->took > store::kSlowAuditWrite;
  slowest_ = std::max(slowest_, written->took);
  head_ = bundle::AuditHead{written->seq, written->digest};
  return {};
}

base::Result<> AuditTrail::request(const std::string& event, const std::string& subject,
                                   const std::string& text) {
  store::AuditEntry request = entry(event, subject, text);
  request.command = about_.requester.command;
  return write(std::move(request));
}

void AuditTrail::tell(const std::string& event, const std::string& subject,
                      const std::string& text) {
  {
    const std::scoped_lock hold(mutex_);
    queue_.push_back(entry(event, subject, text));
  }
  changed_.notify_all();
}

void AuditTrail::tell(const drill::TimelineEvent& event) {
  tell(drill::name(event.kind), event.subject, event.text);
}

void AuditTrail::work() {
  std::unique_lock hold(mutex_);
  while (true) {
    changed_.wait(hold, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    store::AuditEntry next = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    hold.unlock();
    // What it says is kept for problems().
    static_cast<void>(write(std::move(next)));
    hold.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

std::optional<bundle::AuditHead> AuditTrail::flush() {
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [this] { return queue_.empty() && !busy_; });
  return head_;
}

std::vector<std::string> AuditTrail::problems() {
  const std::scoped_lock hold(mutex_);
  std::vector<std::string> out;
  if (failed_ > 0) {
    out.push_back(
        fmt::format("{} entries are missing in the audit log: {}", failed_, first_error_));
  }
  if (slow_ > 0) {
    out.push_back(fmt::format("{} writes of the audit log took longer than {}, the slowest {}",
                              slow_, base::human(store::kSlowAuditWrite), base::human(slowest_)));
  }
  return out;
}

base::Result<> audit_request(const StateDir& state, aio::Clock& clock, const std::string& event,
                             const std::string& drill, const std::string& text) {
  TRY(const auto trail, AuditTrail::open(state.audit_log(), clock, {.drill = drill}));
  return trail->request(event, "", text);
}

}  // namespace runner
