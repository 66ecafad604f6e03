// A small drill as a bundle, and its bytes.
#pragma once

#include <string>

#include "bundle/bundle.h"
#include "sim/whole_drill.h"

namespace bundle {

inline const crypto::SigningKey& test_key() {
  static const crypto::SigningKey key = crypto::SigningKey::generate();
  return key;
}

inline drill::Evidence sample_evidence(std::uint64_t seed, sim::WholeDrillShape shape = {}) {
  base::Random random(seed);
  return sim::draw_whole_drill(shape, random);
}

inline About sample_about() {
  About about;
  about.plan = "database-failover";
  about.started = base::WallTime(base::Duration(1'795'000'000'123'456'789));
  about.finished = about.started + base::seconds(60);
  about.final_state = "Normal";
  about.requested_by = {1000, "ops", "db-drills", "muster drill run plan.yaml"};
  about.audit = AuditHead{17, std::string(64, 'a')};
  return about;
}

inline Documents sample_documents() {
  return {"plan: \"p\"\n", "plan: p  # as given\n", R"({"document":{}})", R"({"system":1})",
          R"({"rto":{}})"};
}

inline std::string sample_bytes(const drill::Evidence& evidence) {
  return write(sample_about(), sample_documents(), evidence, test_key());
}

}  // namespace bundle
