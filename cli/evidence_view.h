// What `muster verify` and `muster audit` say, as trees for programs and as text for people. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/node.h"
#include "bundle/bundle.h"
#include "bundle/trust.h"
#include "cli/options.h"
#include "store/audit_log.h"
#include "verify/verify.h"

namespace cli {

/// How a bundle stood the test; the first that is not so decides.
struct BundleVerdict {
  std::string path;
  std::optional<bundle::Damage> damage;         // it cannot be trusted at all
  const bundle::Bundle* bundle = nullptr;       // where there is no damage
  std::optional<std::string> trusted_as;        // the name of the key; nothing: unknown
  std::optional<verify::Verification> figures;  // where they could be computed
  std::string problem;                          // why not
};

/// A bundle that was read, or was not, computed again. `name`: what it is called in the answer.
/// Lifetime: `read` outlives the verdict.
BundleVerdict judged(std::string name, const bundle::Read<bundle::Bundle>& read,
                     const std::vector<bundle::TrustedKey>& trust);

/// 0 verified, 1 cannot be judged, 3 changed or figures differ, 4 the key is not trusted.
Exit exit_of(const BundleVerdict& verdict);
/// "Verified", "Changed", "CutShort", …, "FiguresDiffer", "UnknownKey".
std::string result_of(const BundleVerdict& verdict);
api::Node tree_of(const BundleVerdict& verdict);
std::string text_of(const BundleVerdict& verdict);

api::Node tree_of(const store::AuditEntry& entry);
/// One line.
std::string text_of(const store::AuditEntry& entry);

/// A tree as `-o` wants it; `text` for people.
std::string rendered(const api::Node& tree, const std::string& text, Output output);

}  // namespace cli
