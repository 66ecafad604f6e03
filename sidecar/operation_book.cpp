#include "sidecar/operation_book.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sidecar/log.h"
#include "sidecar/metric_text.h"
#include "sidecar/operation_kind.h"

namespace sidecar {
namespace {

using alert::EncryptionKind;

constexpr std::size_t kNamesMost = 100;
constexpr std::array<EncryptionKind, alert::kEncryptionKinds> kEncryption{
    EncryptionKind::Field,       EncryptionKind::Bulk,         EncryptionKind::Decryption,
    EncryptionKind::KeyRotation, EncryptionKind::TlsHandshake, EncryptionKind::Signature};

std::int64_t whole(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX));
}

void tell(const char* alert, std::string_view kind, std::string_view name,
          const alert::Notice& notice, base::Duration took, base::Duration allowed) {
  log(notice.resolved ? Level::Info : Level::Warning,
      notice.resolved ? "alert resolved" : "alert firing",
      {{"alert", alert},
       {"kind", std::string(kind)},
       {"operation", std::string(name)},
       {"severity", alert::name(notice.severity)},
       {"millis", fmt::format("{:.1f}", base::to_millis(took))},
       {"threshold", fmt::format("{:.1f}", base::to_millis(allowed))}});
}

/// Of the newest values, in the node that they are of.
void put_figures(api::Node& node, const alert::Figures& figures) {
  node.set("count", whole(figures.total));
  node.set("meanMillis", figures.mean);
  node.set("minMillis", figures.min);
  node.set("maxMillis", figures.max);
  node.set("p95Millis", figures.p95);
  node.set("p99Millis", figures.p99);
}

void put_grade(api::Node& node, std::optional<char> grade) {
  if (grade) node.set("grade", std::string(1, *grade));
}

template <class Value>
void put(api::Node& node, const char* name, const std::optional<Value>& value) {
  if (value) node.set(name, *value);
}

}  // namespace

OperationBook::OperationBook(const AlertSettings& settings)
    : operations_(settings.operations, kNamesMost, settings.cooldown),
      encryption_(settings.encryption, settings.cooldown) {}

void OperationBook::use(const AlertSettings& settings) {
  operations_.set(settings.operations);
  encryption_.set(settings.encryption);
}

void OperationBook::add(const ingest::Operation& operation, base::TimePoint now) {
  const OperationKinds kinds = kinds_of(operation);
  const auto told = operations_.add({.kind = kinds.kind,
                                     .name = operation.name,
                                     .duration = operation.duration,
                                     .succeeded = operation.success,
                                     .size = operation.bytes},
                                    now);
  if (told) {
    tell("operation", alert::name(told->kind), told->label, told->notice, told->duration,
         told->threshold);
  }
  if (!kinds.encryption) return;
  const bool part = operation.whole > base::Duration(0);
  encrypted({.kind = *kinds.encryption,
             .duration = operation.duration,
             .bytes = operation.bytes,
             .records = std::max<std::uint64_t>(operation.records, 1),
             .whole = part ? std::optional(operation.whole) : std::nullopt},
            now);
}

void OperationBook::add_own(const alert::EncryptionOperation& operation, base::TimePoint now) {
  encrypted(operation, now);
}

void OperationBook::encrypted(const alert::EncryptionOperation& operation, base::TimePoint now) {
  const auto notice = encryption_.add(operation, now);
  if (!notice) return;
  tell("encryption", alert::name(operation.kind), "", *notice, operation.duration,
       alert::encryption_target(encryption_.targets(), operation.kind, operation.records)
           .value_or(base::Duration(0)));
}

api::Node OperationBook::operations_node() const {
  const alert::OperationThresholds& thresholds = operations_.thresholds();
  api::Node list = api::Node::sequence();
  for (const alert::OperationFigures& one : operations_.figures()) {
    api::Node node = api::Node::map().set("kind", alert::name(one.kind)).set("name", one.label);
    put_figures(node, one.durations);
    node.set("failed", whole(one.failed));
    node.set("successRate", one.success_rate);
    node.set("bytes", whole(one.size));
    node.set("thresholdMillis", base::to_millis(thresholds[static_cast<std::size_t>(one.kind)]));
    node.set("alert", alert::name(one.phase));
    list.items().push_back(std::move(node));
  }
  return api::Node::map().set("operations", std::move(list));
}

api::Node OperationBook::encryption_node() const {
  api::Node out = api::Node::map();
  put_grade(out, encryption_.grade());
  put(out, "overheadPercent", encryption_.overhead_percent());
  api::Node list = api::Node::sequence();
  for (const EncryptionKind kind : kEncryption) {
    const alert::EncryptionFigures figures = encryption_.figures(kind);
    if (!figures.durations_ms) continue;
    api::Node node = api::Node::map().set("kind", alert::name(kind));
    put_figures(node, *figures.durations_ms);
    const std::uint64_t records = kind == EncryptionKind::Bulk ? 1000 : 1;
    if (const auto target = alert::encryption_target(encryption_.targets(), kind, records)) {
      node.set("targetMillis", base::to_millis(*target));
    }
    put(node, "percentWithinTarget", figures.percent_within);
    put_grade(node, figures.grade);
    put(node, "megabytesPerSecond", figures.megabytes_per_second);
    put(node, "overheadPercent", figures.overhead_percent);
    node.set("alert", alert::name(figures.phase));
    list.items().push_back(std::move(node));
  }
  return out.set("kinds", std::move(list));
}

std::string OperationBook::exposition() const {
  std::string counts = metric_head("muster_operations_total", "counter",
                                   "Operations that the application reported.");
  std::string times =
      metric_head("muster_operation_seconds", "gauge", "What the newest 1,000 of each took.");
  const std::vector<alert::OperationFigures> all = operations_.figures();
  if (all.empty()) return encryption_text();
  for (const alert::OperationFigures& one : all) {
    // A label of alert/operation_name.h needs no escapes.
    const std::string of =
        fmt::format(R"(kind="{}",operation="{}")", alert::name(one.kind), one.label);
    counts += fmt::format("muster_operations_total{{{},success=\"true\"}} {}\n", of,
                          one.durations.total - one.failed);
    counts += fmt::format("muster_operations_total{{{},success=\"false\"}} {}\n", of, one.failed);
    for (const auto& [stat, millis] :
         {std::pair("mean", one.durations.mean), std::pair("p95", one.durations.p95),
          std::pair("p99", one.durations.p99), std::pair("max", one.durations.max)}) {
      times +=
          fmt::format("muster_operation_seconds{{{},stat=\"{}\"}} {}\n", of, stat, millis / 1000);
    }
  }
  return counts + times + encryption_text();
}

std::string OperationBook::encryption_text() const {
  std::string within = metric_head("muster_encryption_within_target_ratio", "gauge",
                                   "Share of the newest 1,000 operations that kept their target.");
  std::string overhead = metric_head("muster_encryption_overhead_ratio", "gauge",
                                     "What encryption adds to the work that it is a part of.");
  bool any = false, parts = false;
  for (const EncryptionKind kind : kEncryption) {
    const alert::EncryptionFigures figures = encryption_.figures(kind);
    if (figures.percent_within) {
      any = true;
      within += fmt::format("muster_encryption_within_target_ratio{{kind=\"{}\"}} {}\n",
                            alert::name(kind), *figures.percent_within / 100);
    }
    if (figures.overhead_percent) {
      parts = true;
      overhead += fmt::format("muster_encryption_overhead_ratio{{kind=\"{}\"}} {}\n",
                              alert::name(kind), *figures.overhead_percent / 100);
    }
  }
  return (any ? within : "") + (parts ? overhead : "");
}

}  // namespace sidecar
