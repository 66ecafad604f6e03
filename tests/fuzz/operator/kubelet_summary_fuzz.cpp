// Whatever a kubelet answers, and whatever a client asks for: an error, or pods that go on as they
// came, under names that fit into a path.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "operator/figures_book.h"

namespace {
void check(const op::SummaryPods& pods) {
  const base::TimePoint now{};
  for (const auto& [uid, pod] : pods) {
    CHECK(!uid.empty() && pod["podRef"]["uid"].as_string() == uid);
    op::FiguresBook book(true);
    const kube::Key key{"shop", "web"};
    book.ask(key, "c", now);
    book.found({"c", key}, op::FiguresPod{.uid = uid, .node = "n", .host = "h", .limits = {}}, now);
    book.read("h", pods, now);
    const auto answer = book.ask(key, "c", now);
    CHECK(answer.status == 200);
    const auto said = api::parse_json(answer.body);
    CHECK(said && (*said)["pod"] == pod);
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto pods = op::pods_of_summary(text)) check(*pods);
  if (const auto key = op::pod_of_path(text)) {
    CHECK(text == "/pods/" + key->space + "/" + key->name);
    CHECK(key->name.find('/') == std::string::npos);
  }
  return 0;
}
