#include "probes/responder.h"

#include <algorithm>
#include <deque>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "aio/clock.h"
#include "probes/responder_server.h"

namespace probes {

namespace {
using Kind = drill::ReferenceOutage::Kind;

constexpr std::size_t kLineBytesMax = 4096;

bool say(const std::string& line) {
  const std::string text = line + "\n";
  return ::write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

class Responder {
 public:
  Responder(const ResponderOptions& options, ResponderServer reference, ResponderServer control)
      : options_(options),
        random_(options.seed),
        reference_(std::move(reference)),
        control_(std::move(control)) {
    plan(aio::now());
  }

  base::Result<> run() {
    bool listened = say(fmt::format(R"({{"ready":{{"pid":{},"reference":{},"control":{}}}}})",
                                    ::getpid(), reference_.port(), control_.port()));
    while (listened && !stop_) {
      wait();
      const auto now = aio::now();
      if (current_ && now >= ends_at_) {
        TRY(end());
      } else if (!current_ && now >= begins_at_ && !queue_.empty()) {
        begin();
      }
      listened = say_all();
    }
    return {};
  }

 private:
  bool hanging() const { return current_ && current_->kind == Kind::Hang; }

  /// Sleeps until something happens or is due, and serves what is ready.
  void wait() {
    polled_.assign(1, {STDIN_FILENO, POLLIN, 0});
    control_.watch(polled_);
    const std::size_t reference_at = polled_.size();
    const bool serves = !hanging();
    if (serves) {
      reference_.watch(polled_);
    }
    const auto due = current_ ? ends_at_ : queue_.empty() ? base::kNever : begins_at_;
    const auto left = std::max(due - aio::now(), base::Duration::zero());
    const auto whole = std::chrono::floor<std::chrono::seconds>(left);
    const timespec limit{whole.count(), (left - whole).count()};
    if (::ppoll(polled_.data(), polled_.size(), due == base::kNever ? nullptr : &limit, nullptr) <=
        0) {
      return;
    }
    if (polled_[0].revents != 0) {
      read_commands();
    }
    control_.handle(polled_.data() + 1);
    if (serves) {
      reference_.handle(polled_.data() + reference_at);
    }
  }

  void read_commands() {
    char buffer[kLineBytesMax];
    const auto got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got <= 0) {
      stop_ = got == 0 || errno != EINTR;
      return;
    }
    input_.append(buffer, static_cast<std::size_t>(got));
    std::size_t end = 0;
    while ((end = input_.find('\n')) != std::string::npos) {
      obey(input_.substr(0, end));
      input_.erase(0, end + 1);
    }
    stop_ = stop_ || input_.size() > kLineBytesMax;
  }

  void obey(const std::string& line) {
    const auto command = parse_responder_command(line);
    if (!command) {
      lines_.push_back(fmt::format(R"({{"error":"command not understood"}})"));
    } else if (command->outage) {
      if (queue_.empty() && !current_) {
        begins_at_ = aio::now();
      }
      queue_.push_back(*command->outage);
    } else {
      stop_ = true;
    }
  }

  void plan(base::TimePoint from) {
    if (options_.seed == 0) {
      begins_at_ = from;
      return;
    }
    const auto extra = options_.settle.count() / 2;
    begins_at_ = from + options_.settle + base::Duration(random_.between(0, extra));
    queue_.push_back(next_outage(random_, options_, next_is_hang_));
    next_is_hang_ = !next_is_hang_;
  }

  void begin() {
    current_ = queue_.front();
    queue_.pop_front();
    if (current_->kind == Kind::Refuse) {
      began_ = reference_.refuse();
    } else {
      // From here on nothing is read or accepted: the last answer was sent before this stamp.
      began_.before = aio::now();
      began_.after = began_.before;
    }
    ends_at_ = began_.after + current_->length;
  }

  base::Result<> end() {
    TRY(const Moment ended, reference_.serve());
    const auto shortest = ended.before - began_.after;
    const auto longest = ended.after - began_.before;
    lines_.push_back(fmt::format(
        R"({{"outage":{{"kind":"{}","beganNanos":{},"lengthNanos":{},"uncertaintyNanos":{}}}}})",
        hanging() ? "Hang" : "Refuse", began_.before.time_since_epoch().count(),
        (shortest + (longest - shortest) / 2).count(), (longest - shortest).count()));
    current_.reset();
    plan(aio::now());
    return {};
  }

  bool say_all() {
    for (const auto& line : std::exchange(lines_, {})) {
      if (!say(line)) {
        return false;
      }
    }
    return true;
  }

  ResponderOptions options_;
  base::Random random_;
  ResponderServer reference_;
  ResponderServer control_;
  std::vector<pollfd> polled_;
  std::string input_;
  std::vector<std::string> lines_;
  std::deque<PlannedOutage> queue_;
  std::optional<PlannedOutage> current_;
  bool next_is_hang_ = false;
  Moment began_;
  base::TimePoint begins_at_{};
  base::TimePoint ends_at_{};
  bool stop_ = false;
};
}  // namespace

base::Result<> run_responder(const ResponderOptions& options) {
  TRY(auto reference, ResponderServer::open(options.host));
  TRY(auto control, ResponderServer::open(options.host));
  return Responder(options, std::move(reference), std::move(control)).run();
}

}  // namespace probes
