// Any bytes as a bundle: an error that names something, or a bundle that is written and read back
// as the same. No mutation survives chain and signature, so the bytes are taken as a file only
// where they begin with the magic; otherwise they are the records of a file that is signed here:
// one byte chooses the name, two say how long its content is. What can be read is verified: any
// evidence that a signer vouches for is judged, or refused with a reason.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bundle/bundle.h"
#include "bundle/trust.h"
#include "sim/whole_drill.h"
#include "verify/verify.h"

namespace {

constexpr std::array<const char*, 22> kNames = {
    "about.json",       "plan.yaml",      "given.yaml",   "plan.json",     "system.json",
    "clocks.json",      "streams.json",   "operations/0", "operations/1",  "reads.json",
    "rows/0",           "rows/1",         "load.json",    "load",          "instrument.json",
    "replication.json", "looks.json",     "pool.json",    "timeline.json", "report.json",
    "vantages.json",    "operations/1000"};

const crypto::SigningKey& key() {
  static const crypto::SigningKey made = crypto::SigningKey::generate();
  return made;
}

/// The records of a good bundle, for all that the input does not bring itself.
const bundle::Container& good() {
  static const bundle::Container file = [] {
    base::Random random(1);
    const auto evidence =
        sim::draw_whole_drill({.operations = 100, .streams = 2, .vantages = 1}, random);
    bundle::Documents documents;
    documents.plan_json =
        R"({"document":{"spec":{"objectives":{"rtoSeconds":1,"rpoSeconds":1},)"
        R"("probes":[{"postgres":{}}],"timing":{"holdSeconds":1,"sampleSeconds":1},)"
        R"("criteria":{"validation":[{"metric":"ApiResponseMillis","atMost":9},)"
        R"({"metric":"RequestsPerSecond","atLeast":9}]}}}})";
    documents.report_json = R"({"series":[{}]})";
    return *bundle::Container::open(bundle::write({}, documents, evidence, key()));
  }();
  return file;
}

std::string signed_here(std::string_view data) {
  std::array<std::string, kNames.size()> contents;
  std::array<bool, kNames.size()> given{};
  while (data.size() >= 3) {
    const std::size_t which = static_cast<unsigned char>(data[0]) % kNames.size();
    const std::size_t size =
        static_cast<unsigned char>(data[1]) + 256U * static_cast<unsigned char>(data[2]);
    data.remove_prefix(3);
    contents[which] = data.substr(0, size);
    given[which] = true;
    data.remove_prefix(std::min(size, data.size()));
  }
  bundle::ContainerWriter out;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const bundle::Container::Record* record = good().find(kNames[i]);
    if (!given[i] && record == nullptr) continue;
    out.add(kNames[i], given[i] ? contents[i] : *good().content(*record), false);
  }
  return out.seal(key());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(bundle::parse_trust(bytes, "trust"));
  const auto read =
      bundle::read(bytes.starts_with("\x89MUSTER") ? std::string(bytes) : signed_here(bytes));
  if (!read) {
    if (read.error().message.empty()) std::abort();
    return 0;
  }
  const auto verified = verify::verify(*read);
  if (!verified && verified.error().message.empty()) std::abort();
  const auto again =
      bundle::read(bundle::write(read->about, read->documents, read->evidence, key()));
  if (!again || again->evidence.records != read->evidence.records) std::abort();
  return 0;
}
