#include "probes/pg_streams.h"

#include <charconv>
#include <mutex>
#include <utility>

namespace probes {

using drill::Cause;

std::uint16_t PgServers::id(const PgIdentity& identity, const std::string& instance) {
  std::string found = instance;
  {
    const std::lock_guard lock(mutex_);
    if (!instance.empty()) {
      const auto [at, fresh] = instance_of_.emplace(identity.cluster, instance);
      if (!fresh && at->second != instance) at->second.clear();
    } else if (const auto at = instance_of_.find(identity.cluster); at != instance_of_.end()) {
      found = at->second;
    }
  }
  return table_.id(identity.name(), found);
}

namespace {

class PgOperation final : public Operation {
 public:
  PgOperation(PgShared shared, PgAddress address, std::string instance, Connections connections,
              PgDeed deed, StreamNumber of)
      : shared_(shared),
        address_(std::move(address)),
        instance_(std::move(instance)),
        connections_(connections),
        deed_(deed),
        of_(std::move(of)) {}

  void open(const aio::Executor& executor, Completions& completions, std::size_t slots) override {
    completions_ = &completions;
    slots_.resize(slots);
    for (std::size_t slot = 0; slot < slots; ++slot) {
      slots_[slot].connection = std::make_unique<PgConnection>(executor, address_);
      if (connections_ == Connections::Open) connect(slot);
    }
  }

  void start(std::size_t slot, const Due& due) override {
    Slot& at = slots_[slot];
    at.seq = due.seq;
    at.active = true;
    if (at.connection->ready()) return execute(slot);
    if (!at.connection->busy()) connect(slot);
  }

  bool sent(std::size_t slot) const override { return slots_[slot].connection->sent(); }

  Completion abandon(std::size_t slot, Cause cause) override {
    Slot& at = slots_[slot];
    at.active = false;
    const bool sent = at.connection->sent();
    at.connection->close();
    return sent ? Completion::info(cause) : Completion::fail(Cause::ConnectTimeout);
  }

  void close() override {
    for (Slot& slot : slots_) {
      slot.active = false;
      slot.connection->close();
    }
  }

 private:
  struct Slot {
    std::unique_ptr<PgConnection> connection;
    std::uint64_t seq = 0;
    bool active = false;  // an operation waits for this slot
    std::string server;   // whose number is kept in server_id
    std::uint16_t server_id = 0;
  };

  void connect(std::size_t slot) {
    slots_[slot].connection->connect([this, slot](PgOutcome<> outcome) {
      if (!slots_[slot].active) return;  // opened ahead; the next operation tries again
      if (!outcome) return end(slot, Completion::fail(outcome.error().cause));
      execute(slot);
    });
  }

  void execute(std::size_t slot) {
    const drill::StreamId of(of_->load());
    PgQuery query = deed_ == PgDeed::Insert ? shared_.ledger.insert(of, slots_[slot].seq)
                                            : shared_.ledger.highest(of);
    // A connection that is used once would prepare for nothing, and in two round trips.
    if (connections_ == Connections::New) query.name.clear();
    slots_[slot].connection->execute(std::move(query), [this, slot](PgOutcome<PgResult> outcome) {
      end(slot, outcome
                    ? judged(slots_[slot], *outcome)
                    : Completion{outcome.error().outcome(), outcome.error().cause, 0, 0, 0, -1});
    });
  }

  Completion judged(Slot& slot, const PgResult& result) {
    const bool reads = deed_ == PgDeed::Highest;
    if (result.rows.empty()) return Completion::info(Cause::Protocol);
    const PgIdentity identity = identity_of(result, reads ? 1 : 0);
    Completion completion =
        result.sync_wait_cancelled ? Completion::info(Cause::SyncCancelled) : Completion::ok();
    std::string name = identity.name();
    if (name != slot.server) {
      slot.server_id = shared_.servers.id(identity, instance_);
      slot.server = std::move(name);
    }
    completion.server_id = slot.server_id;
    completion.server_term = identity.timeline;
    completion.server_position = identity.position;
    if (reads) {
      const std::string_view seen = result.cell(0, 0);
      std::from_chars(seen.data(), seen.data() + seen.size(), completion.value);
    }
    return completion;
  }

  void end(std::size_t slot, const Completion& completion) {
    slots_[slot].active = false;
    // Before done(): it may start the slot's next operation.
    if (connections_ == Connections::New) slots_[slot].connection->close();
    completions_->done(slot, completion);
  }

  PgShared shared_;
  PgAddress address_;
  std::string instance_;
  Connections connections_;
  PgDeed deed_;
  StreamNumber of_;
  Completions* completions_ = nullptr;
  std::vector<Slot> slots_;
};

}  // namespace

std::unique_ptr<Operation> make_pg_operation(PgShared shared, PgAddress address,
                                             std::string instance, Connections connections,
                                             PgDeed deed, StreamNumber of) {
  return std::make_unique<PgOperation>(shared, std::move(address), std::move(instance), connections,
                                       deed, std::move(of));
}

}  // namespace probes
