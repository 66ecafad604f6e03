// Where API servers find a server of webhooks: at a path, and by whom it is vouched for. Both are
// written into the configurations, whose other fields are the chart's; neither of them is in the
// chart, so that no upgrade and no rollback takes them back. Pure.
#pragma once

#include <string>

#include "api/node.h"

namespace op {

struct WebhookPlace {
  std::string authorities;  // PEM
  std::string path;         // of all webhooks of the configuration; empty: as it is
};

/// Whether all webhooks of a configuration lead there. `configuration`: null has none.
bool leads_to(const api::Node& configuration, const WebhookPlace& place);

/// The strategic patch after which they do: of this version of the configuration, webhook by
/// webhook. Of one that has a URL in the place of a Service only the path is other.
std::string patch_to(const api::Node& configuration, const WebhookPlace& place);

}  // namespace op
