#include "sidecar/cache_redis.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "sidecar/cache_record.h"
#include "sidecar/metric_text.h"

namespace sidecar {
namespace {

constexpr base::Duration kEvery = base::millis(100);
constexpr base::Duration kVoidLonger = base::seconds(60);  // than any record
constexpr std::size_t kQuestionsMax = 1024;                // that wait
constexpr std::size_t kQuestionsOfBatch = 16;
constexpr std::size_t kPutBytesMax = std::size_t{4} << 20U;  // that wait
constexpr std::size_t kPutsOfBatch = 16;
constexpr std::size_t kVoidsOfBatch = 100;
constexpr std::size_t kRecordBytesMax = std::size_t{1} << 20U;
/// Of voids that are read after each other; who missed more makes everything void.
constexpr std::uint64_t kCatchUp = 256;
constexpr const char* kTell =
    "if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SET', KEYS[1], ARGV[3]) end "
    "local n = redis.call('INCR', KEYS[1]) "
    "redis.call('SET', KEYS[1] .. ':' .. string.format('%.0f', n), ARGV[1], 'PX', ARGV[2]) "
    "return n";

std::uint64_t number_of(const redis::Answer& answer) {
  std::uint64_t out = 0;
  std::from_chars(answer.text.data(), answer.text.data() + answer.text.size(), out);
  return out;
}

std::int64_t millis_of(base::Duration duration) {
  return duration / base::millis(1);
}

/// For how long it may lie there; not above 0: not at all.
base::Duration time_left(const StoredResponse& response, base::Duration most) {
  if (response.freshness.always_validate) return base::Duration(0);
  const http1::Seconds left = response.freshness.lifetime - response.freshness.age_received;
  return left > http1::Seconds(most / base::seconds(1)) ? most : base::Duration(left);
}

}  // namespace

base::Result<std::unique_ptr<CacheRedis>> CacheRedis::create(aio::Clock& clock,
                                                             const aio::Executor& executor,
                                                             const Settings& settings, Cache& cache,
                                                             std::string_view secret,
                                                             std::uint64_t seed) {
  std::unique_ptr<CacheRedis> out(new CacheRedis(clock, executor, settings, cache, secret));
  // One that waits in vain for the end of one record has read that and the next.
  RedisLink::Use use{.works = "stored responses are shared",
                     .fails = "stored responses are not shared",
                     .answer_bytes_max = 2 * kRecordBytesMax};
  TRY(out->link_, RedisLink::create(executor, settings.redis, seed, std::move(use)));
  return out;
}

CacheRedis::CacheRedis(aio::Clock& clock, aio::Executor executor, const Settings& settings,
                       Cache& cache, std::string_view secret)
    : clock_(clock),
      executor_(std::move(executor)),
      cache_(cache),
      prefix_(settings.redis.prefix),
      counter_(settings.redis.prefix + ":cache-void"),
      key_(record_key(secret)),
      kept_for_(settings.cache.redis_for) {}

aio::Task<base::Result<>> CacheRedis::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    turn();
    co_await aio::wait_for(clock_, kEvery, stop);
  }
  usable_ = false;
  link_->close();
  co_return base::Result<>{};
}

bool CacheRedis::find(std::shared_ptr<RemoteFind> find, Done done) {
  if (!usable_.load(std::memory_order_acquire)) return false;
  std::string name = record_name(prefix_, key_, find->place);
  {
    const std::lock_guard hold(lock_);
    if (questions_.size() >= kQuestionsMax) {
      ++unasked_;
      return false;
    }
    questions_.push_back({std::move(find), std::move(done), std::move(name)});
  }
  soon();
  return true;
}

void CacheRedis::put(RemotePlace place, StoredPointer response, std::uint64_t known) {
  const base::Duration left = time_left(*response, kept_for_);
  if (left <= base::Duration(0) || !usable_.load(std::memory_order_acquire)) return;
  if (!has_room(response->bytes())) return;
  std::vector<std::pair<std::string, std::string>> puts;
  std::size_t bytes = 0;
  const auto add = [&](std::string name, std::string text) {
    bytes += text.size();
    puts.emplace_back(name, redis::command({"SET", name, std::move(text), "PX",
                                            std::to_string(millis_of(left))}));
  };
  if (!place.variant.empty()) {
    RemotePlace first = place;
    first.variant.clear();
    const std::string name = record_name(prefix_, key_, first);
    add(name, write_signpost(key_, name, response->vary));
  }
  const std::string name = record_name(prefix_, key_, place);
  add(name, write_record(key_, name, *response, known));
  const std::lock_guard hold(lock_);
  if (bytes > kRecordBytesMax || put_bytes_ + bytes > kPutBytesMax) {
    ++dropped_;
    return;
  }
  for (auto& each : puts) {
    put_bytes_ += each.second.size();
    puts_.push_back(std::move(each));
  }
}

/// Asked before a record is made, which costs the core that serves the response.
bool CacheRedis::has_room(std::size_t bytes) {
  const std::lock_guard hold(lock_);
  const bool fits = bytes <= kRecordBytesMax && put_bytes_ + bytes <= kPutBytesMax;
  if (!fits) ++dropped_;
  return fits;
}

void CacheRedis::make_void(CacheVoid what) {
  const std::lock_guard hold(lock_);
  // What is on its way may have been counted already, before what is void now was stored.
  const auto rest = untold_.begin() + static_cast<std::ptrdiff_t>(on_the_way_);
  if (std::find(rest, untold_.end(), what) != untold_.end()) return;
  untold_.push_back(std::move(what));
  if (untold_.size() <= CacheVoids::kMost) return;
  untold_.clear();
  on_the_way_ = 0;
  untold_.push_back({true, "*"});
}

void CacheRedis::soon() {
  boost::asio::post(executor_, [this] { turn(); });
}

void CacheRedis::turn() {
  link_->tend(clock_.now());
  if (!link_->connected()) {
    usable_ = false;
    newest_ = 0;  // what was missed is asked for anew
    tell_nothing(std::exchange(asked_, {}));
    std::vector<Asked> waiting;
    {
      const std::lock_guard hold(lock_);
      waiting.assign(std::make_move_iterator(questions_.begin()),
                     std::make_move_iterator(questions_.end()));
      questions_.clear();
      puts_.clear();
      put_bytes_ = 0;
    }
    tell_nothing(std::move(waiting));
  } else if (link_->ready()) {
    ask();
  }
}

void CacheRedis::ask() {
  const base::TimePoint now = clock_.now();
  if (newest_ > known_) return catch_up();
  const auto batch = std::make_shared<Batch>();
  batch->commands = redis::command({"GET", counter_});
  batch->answers = 1;
  take_up(*batch);
  if (batch->answers == 1 && newest_ != 0 && now - polled_ < kEvery) return;
  polled_ = now;
  asked_ = batch->finds;
  link_->ask(
      batch->commands, batch->answers,
      [this, batch](const RedisLink::Answers& said) { answered(batch, said); }, now);
}

/// What waits, as far as it goes into one batch.
void CacheRedis::take_up(Batch& batch) {
  const std::lock_guard hold(lock_);
  const auto add = [&batch](const std::string& command) {
    batch.commands += command;
    ++batch.answers;
  };
  // They stay untold until they are answered: the link may fail.
  on_the_way_ = std::min(untold_.size(), kVoidsOfBatch);
  for (std::size_t i = 0; i < on_the_way_; ++i) {
    batch.voids.push_back(untold_[i]);
    add(redis::command({"EVAL", kTell, "1", counter_, to_text(untold_[i]),
                        std::to_string(millis_of(kept_for_ + kVoidLonger)),
                        std::to_string(millis_of(clock_.wall_now().time_since_epoch()))}));
  }
  for (; !puts_.empty() && batch.puts < kPutsOfBatch; ++batch.puts) {
    put_bytes_ -= puts_.front().second.size();
    add(puts_.front().second);
    puts_.pop_front();
  }
  for (; !questions_.empty() && batch.finds.size() < kQuestionsOfBatch; questions_.pop_front()) {
    add(redis::command({"GET", questions_.front().name}));
    batch.finds.push_back(std::move(questions_.front()));
  }
}

void CacheRedis::answered(const std::shared_ptr<Batch>& batch, const RedisLink::Answers& said) {
  asked_.clear();
  std::size_t at = 1;
  {
    const std::lock_guard hold(lock_);
    for (const CacheVoid& each : batch->voids) {
      const std::uint64_t number = number_of(said[at++]);
      voids_.add(each, number);
      if (number > known_) own_.insert(number);
      ++voids_told_;
    }
    untold_.erase(untold_.begin(), untold_.begin() + static_cast<std::ptrdiff_t>(on_the_way_));
    on_the_way_ = 0;
    put_ += batch->puts;
    at += batch->puts;
  }
  const bool lost = !heard_number(said[0]);
  const bool current = usable_ && newest_ == known_;
  for (const Asked& each : batch->finds) {
    tell(each, current ? said[at] : redis::Answer{});
    ++at;
  }
  if (!link_->ready()) return;
  if (lost) return begin_numbers(number_of(said[0]) == 0);
  if (newest_ > known_) return catch_up();
  const std::lock_guard hold(lock_);
  if (!questions_.empty() || !puts_.empty() || !untold_.empty()) soon();
}

/// False: Redis has none, or forgot the newest.
bool CacheRedis::heard_number(const redis::Answer& answer) {
  const std::uint64_t number = number_of(answer);
  if (number == 0 || number < known_) {
    usable_ = false;
    return false;
  }
  newest_ = number;
  if (newest_ == known_) usable_ = true;
  return true;
}

/// With a greater one than there ever was. `none`: unless another replica has begun.
void CacheRedis::begin_numbers(bool none) {
  const auto wall = static_cast<std::uint64_t>(millis_of(clock_.wall_now().time_since_epoch()));
  const std::string number = std::to_string(std::max(wall, known_ + 1));
  std::vector<std::string> words{"SET", counter_, number};
  if (none) words.emplace_back("NX");
  link_->ask(redis::command(words), 1, [](const RedisLink::Answers&) {}, clock_.now());
}

/// Reads what was made void since.
void CacheRedis::catch_up() {
  if (newest_ - known_ > kCatchUp) {
    const std::uint64_t from = newest_ - kCatchUp;
    {
      const std::lock_guard hold(lock_);
      voids_.forget(from);
    }
    cache_.heard_void_matching("*");
    known_.store(from, std::memory_order_release);
  }
  std::string commands;
  const std::uint64_t first = known_ + 1;
  for (std::uint64_t number = first; number <= newest_; ++number) {
    commands += redis::command({"GET", fmt::format("{}:{}", counter_, number)});
  }
  link_->ask(
      commands, newest_ - known_,
      [this, first](const RedisLink::Answers& said) {
        heard_voids(first, said);
        usable_ = newest_ == known_;
        if (link_->ready()) ask();
      },
      clock_.now());
}

void CacheRedis::heard_voids(std::uint64_t first, const RedisLink::Answers& said) {
  std::vector<CacheVoid> heard;
  {
    const std::lock_guard hold(lock_);
    for (std::size_t i = 0; i < said.size(); ++i) {
      const std::uint64_t number = first + i;
      if (own_.erase(number) > 0) continue;
      const bool gone = said[i].kind != redis::Answer::Kind::Text;
      if (!gone) ++voids_heard_;
      heard.push_back(gone ? CacheVoid{true, "*"} : void_of(said[i].text));
      if (gone) {
        voids_.forget(number);
      } else {
        voids_.add(heard.back(), number);
      }
    }
  }
  // What is asked from here on is newer; what was asked before is void with what is stored.
  known_.store(first + said.size() - 1, std::memory_order_release);
  own_.erase(own_.begin(), own_.upper_bound(known_));
  const auto [begin, end] = std::ranges::unique(heard);
  heard.erase(begin, end);
  for (const CacheVoid& each : heard) {
    if (each.pattern) {
      cache_.heard_void_matching(each.text);
    } else {
      cache_.heard_void(each.text);
    }
  }
}

void CacheRedis::tell(const Asked& asked, const redis::Answer& answer) {
  RemoteFind& find = *asked.find;
  auto record = answer.kind == redis::Answer::Kind::Text
                    ? read_record(key_, asked.name, answer.text, clock_.now(), clock_.wall_now())
                    : std::nullopt;
  {
    const std::lock_guard hold(lock_);
    const RemotePlace& place = find.place;
    const bool isvoid = record && record->response != nullptr &&
                        (voids_.cover(record->known, place.uri, place.path) ||
                         std::ranges::any_of(untold_, [&](const CacheVoid& each) {
                           return covers(each, place.uri, place.path);
                         }));
    if (isvoid) record.reset();
    ++(isvoid ? void_ : record && record->response != nullptr ? hits_ : misses_);
  }
  if (record) {
    find.found = std::move(record->response);
    find.vary = std::move(record->vary);
  }
  asked.done();
}

void CacheRedis::tell_nothing(std::vector<Asked> finds) {
  for (const Asked& each : finds) {
    {
      const std::lock_guard hold(lock_);
      ++unasked_;
    }
    each.done();
  }
}

std::string CacheRedis::exposition() const {
  const std::lock_guard hold(lock_);
  std::string out = metric_head("muster_sidecar_cache_redis_requests_total", "counter",
                                "Questions to the second level of the cache.");
  for (const auto& [result, count] :
       {std::pair("hit", hits_), std::pair("miss", misses_), std::pair("void", void_),
        std::pair("unanswered", unasked_)}) {
    out += fmt::format("muster_sidecar_cache_redis_requests_total{{result=\"{}\"}} {}\n", result,
                       count);
  }
  const auto one = [&out](const char* name, const char* type, const char* help,
                          std::uint64_t value) {
    out += metric(fmt::format("muster_sidecar_cache_redis_{}", name), type, help, value);
  };
  one("connected", "gauge", "Whether the second level can be asked.", usable_ ? 1 : 0);
  one("failures_total", "counter", "Links to Redis that failed.", link_->failures());
  one("stored_total", "counter", "Records and signposts that were put there.", put_);
  one("dropped_total", "counter", "Responses that were too much to be put there.", dropped_);
  one("voids_told_total", "counter", "What was made void here and told to others.", voids_told_);
  one("voids_heard_total", "counter", "What others made void.", voids_heard_);
  return out;
}

}  // namespace sidecar
