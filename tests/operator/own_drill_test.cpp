// A pod of a drill against the API server in memory: which Drill it acts for.
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/drill_object.h"
#include "sim/api_client.h"
#include "store/undo_journal.h"

namespace op {
namespace {

using testing::HasSubstr;

/// A journal in memory.
struct TextFile final : store::JournalFile {
  std::string bytes;
  base::Result<> append(std::string_view more) override {
    bytes += more;
    return {};
  }
  base::Result<> sync() override { return {}; }
  base::Result<> truncate(std::uint64_t size) override {
    bytes.resize(size);
    return {};
  }
  base::Result<std::string> read_all() override { return bytes; }
};

class OwnDrill : public testing::Test {
 protected:
  OwnDrill() {
    server.serve(cluster::kDrills);
    server.put(cluster::kDrills,
               api::Node::map()
                   .set("apiVersion", cluster::kDrills.api_version())
                   .set("kind", cluster::kDrills.kind)
                   .set("metadata", api::Node::map().set("name", "d").set("namespace", "shop")));
    const auto made = server.find(cluster::kDrills, {"shop", "d"});
    uid = (*made)["metadata"]["uid"].as_string();
  }
  ~OwnDrill() override { machine.end_all(); }

  /// What a pod reads that was made for the Drill with this UID.
  base::Result<std::string> read_as(const std::string& own) {
    return as_pod<std::string>(own, read);
  }
  base::Result<> hold_as(const std::string& pod_uid) {
    return as_pod<void>(uid, [&](cluster::DrillWriter& writer, auto& out) {
      return hold(writer, uid, pod_uid, out);
    });
  }

  template <class T, class Act>
  base::Result<T> as_pod(const std::string& own, const Act& act) {
    sim::Process& process = machine.make("pod");
    const auto client = sim::connect(link, process, process.executor(), {});
    cluster::DrillWriter writer(*client, {"shop", "d"}, own);
    std::optional<base::Result<T>> out;
    process.run(nullptr, act(writer, out), {});
    machine.run_until([&] { return out.has_value(); }, machine.now() + base::seconds(60));
    process.kill();
    return out.value();
  }

  base::Result<> let_go(bool whatever_is_left = false) {
    return as_pod<void>(uid, [&](cluster::DrillWriter& writer, auto& out) {
      return release(writer, uid, whatever_is_left, out);
    });
  }

  static aio::Task<base::Result<bool>> release(cluster::DrillWriter& writer, std::string uid,
                                               bool whatever_is_left,
                                               std::optional<base::Result<>>& out) {
    out = whatever_is_left ? co_await writer.abandon(std::move(uid), {})
                           : co_await writer.let_go(std::move(uid), {});
    co_return true;
  }
  static aio::Task<base::Result<bool>> hold(cluster::DrillWriter& writer, std::string uid,
                                            std::string pod_uid,
                                            std::optional<base::Result<>>& out) {
    out = co_await writer.hold(std::move(uid), std::move(pod_uid), {});
    co_return true;
  }

  base::Result<> abort(const std::string& of) {
    return as_pod<void>(
        uid, [&](cluster::DrillWriter& writer, auto& out) { return ask_to_end(writer, of, out); });
  }
  static aio::Task<base::Result<bool>> ask_to_end(cluster::DrillWriter& writer, std::string uid,
                                                  std::optional<base::Result<>>& out) {
    out = co_await writer.abort(std::move(uid), {});
    co_return true;
  }
  bool is_aborted() const {
    return (*server.find(cluster::kDrills, {"shop", "d"}))["spec"]["abort"].as_bool();
  }

  /// Who has claimed it.
  void claimed_by(const std::string& pod_uid) {
    api::Node drill = *server.find(cluster::kDrills, {"shop", "d"});
    drill.set("status", api::Node::map().set("runner", api::Node::map().set("uid", pod_uid)));
    server.put(cluster::kDrills, std::move(drill));
  }
  /// With the finalizer, and this in its status.
  void left_with(const std::string& phase, const std::string& journal) {
    api::Node drill = *server.find(cluster::kDrills, {"shop", "d"});
    api::Node meta = drill["metadata"];
    meta.set("finalizers", api::Node::strings({"example.com/other", cluster::kUndoFinalizer}));
    drill.set("metadata", std::move(meta));
    drill.set("status", api::Node::map().set("phase", phase).set("journal", journal));
    server.put(cluster::kDrills, std::move(drill));
  }
  /// With one fault.
  static std::string journal(bool closed, bool whole = true) {
    auto file = std::make_unique<TextFile>();
    TextFile& text = *file;
    auto made = store::UndoJournal::create(std::move(file), "d");
    EXPECT_TRUE(made->record({"fault:0", "gone", "scale", "{}", "{}", "Always"}).has_value());
    if (closed) EXPECT_TRUE(made->close(whole, "").has_value());
    return text.bytes;
  }
  api::Node finalizers() {
    return (*server.find(cluster::kDrills, {"shop", "d"}))["metadata"]["finalizers"];
  }

  static aio::Task<base::Result<bool>> read(cluster::DrillWriter& writer,
                                            std::optional<base::Result<std::string>>& out) {
    const auto drill = co_await writer.read({});
    out = drill ? base::Result<std::string>(drill->uid) : tl::unexpected(drill.error());
    co_return true;
  }

  sim::Machine machine;
  sim::ApiServer server{[this] { return machine.wall_now(); }};
  sim::ApiLink link{machine, server, 1};
  std::string uid;
};

TEST_F(OwnDrill, IsTheOneThatThePodWasMadeFor) {
  ASSERT_FALSE(uid.empty());
  EXPECT_EQ(read_as(uid).value(), uid);
  EXPECT_EQ(read_as("").value(), uid) << "of a pod that was not told";
}

TEST_F(OwnDrill, IsNotAnotherOfTheSameName) {
  const auto another = read_as("of-the-one-before");
  ASSERT_FALSE(another.has_value());
  EXPECT_EQ(another.error().code, base::Code::NotFound);
  EXPECT_THAT(another.error().message, HasSubstr("another one has its name now"));
}

TEST_F(OwnDrill, IsHeldByWhoHasIt) {
  claimed_by("runner");
  const auto held = hold_as("runner");
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(finalizers().as_strings(), std::vector<std::string>{cluster::kUndoFinalizer});
}

/// Its guardian has taken it over, and may have ended: nobody would remove the finalizer.
TEST_F(OwnDrill, IsNotHeldByWhoHasLostIt) {
  claimed_by("guardian");
  const auto held = hold_as("runner");
  ASSERT_FALSE(held.has_value());
  EXPECT_EQ(held.error().code, base::Code::FailedPrecondition);
  EXPECT_THAT(held.error().message, HasSubstr("another pod has it now"));
  EXPECT_EQ(finalizers().size(), 0U);
}

/// Whoever asks: the runner, the guardian, the operator.
TEST_F(OwnDrill, IsNotLetGoWhileSomethingIsLeftToUndo) {
  std::string damaged = journal(true);
  damaged[damaged.find("header")] = 'H';
  for (const std::string& text : {journal(false), journal(true, false), damaged}) {
    left_with("NotWhole", text);
    const auto gone = let_go();
    ASSERT_FALSE(gone.has_value()) << text;
    EXPECT_EQ(gone.error().code, base::Code::FailedPrecondition);
    EXPECT_EQ(finalizers().size(), 2U) << text;
  }
}

TEST_F(OwnDrill, IsLetGoWhenEverythingIsUndone) {
  for (const auto& [phase, text] :
       {std::pair("Failback", journal(true)), std::pair("Starting", std::string()),
        std::pair("Finished", journal(false))}) {
    left_with(phase, text);
    const auto gone = let_go();
    ASSERT_TRUE(gone.has_value()) << gone.error().message;
    EXPECT_EQ(finalizers().as_strings(), std::vector<std::string>{"example.com/other"}) << phase;
  }
}

/// The one that is meant has ended, and needs no asking.
TEST_F(OwnDrill, IsAskedToEndAndNoOtherOfItsName) {
  const auto late = abort("of-the-one-before");
  EXPECT_TRUE(late.has_value()) << late.error().message;
  EXPECT_FALSE(is_aborted());
  EXPECT_TRUE(abort(uid).has_value());
  EXPECT_TRUE(is_aborted());
}

/// Its workloads end with it, and so do the rights to undo anything.
TEST_F(OwnDrill, IsAbandonedInANamespaceThatEnds) {
  left_with("Recovery", journal(false));
  ASSERT_TRUE(let_go(true).has_value());
  EXPECT_EQ(finalizers().size(), 1U);
}

}  // namespace
}  // namespace op
