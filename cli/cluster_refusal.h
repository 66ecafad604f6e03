// What an API server's refusal, or its silence, means to the person who asked, in the words that
// users of kubectl know. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "kube/client.h"

namespace cli {

/// Of a reply that is not ok: the server's own sentence, with the namespace it is about and the
/// reason; of kinds that are not installed, what to install.
base::Error refusal(const kube::Reply& reply, const kube::Resource& resource,
                    const std::string& ns);

/// Of a request that got no reply: which server that is, and by which context.
base::Error unanswered(const base::Error& error, const std::string& host,
                       const std::string& context);

}  // namespace cli
