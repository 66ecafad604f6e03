// The engine under any order of times, crashes and drills of others; ServedSchedule holds its laws.
#include <cstddef>
#include <cstdint>

#include "served_schedule.h"

namespace {

constexpr const char* kExpressions[] = {"* * * * *", "*/20 1-3 * * *", "30 2 * * *", "0 3 29 2 *"};

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  std::int64_t next() { return empty() ? 0 : data_[at_++]; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

scheduling::Spec spec_of(Bytes& bytes, scheduling::Instant now) {
  using scheduling::Seconds;
  scheduling::Spec spec;
  spec.name = "s";
  spec.cron = scheduling::Cron::parse(kExpressions[bytes.next() % 4]).value();
  spec.zone = scheduling::Zone::load(bytes.next() % 2 == 0 ? "UTC" : "Europe/Prague").value();
  spec.concurrency = static_cast<scheduling::Concurrency>(bytes.next() % 3);
  spec.in_blackout = static_cast<scheduling::InBlackout>(bytes.next() % 2);
  spec.starting_deadline = Seconds(1 + bytes.next() * 20);
  const scheduling::Instant from = now + Seconds(bytes.next() * 100);
  spec.blackouts.push_back(
      {"once", scheduling::Blackout::Absolute{from, from + Seconds(1 + bytes.next() * 100)}});
  spec.blackouts.push_back(
      {"often", scheduling::Blackout::Recurring{
                    scheduling::Cron::parse(kExpressions[1 + bytes.next() % 3]).value(), spec.zone,
                    Seconds(60 + bytes.next() * 10)}});
  return spec;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using scheduling::Seconds;
  Bytes bytes(data, size);
  scheduling::Instant now{Seconds(1'774'740'000)};  // the day before a change in Prague
  scheduling::ServedSchedule served(spec_of(bytes, now), now);
  for (int step = 0; step < 60 && !bytes.empty(); ++step) {
    const std::int64_t what = bytes.next();
    now += Seconds((what % 16 == 0 ? -7000 : 1) + bytes.next() * (what % 8 == 1 ? 5000 : 30));
    if (what % 5 == 2) served.run_other(now + Seconds(bytes.next() * 20));
    served.serve(now, what % 7 == 3 ? static_cast<int>(bytes.next() % 3) : -1);
  }
  return 0;
}
