// What most callers make of an answer: where it is a refusal it is an error. Who knows what to do
// about one (404 of what is to be gone, 409 of what somebody changed) asks for its code first.
#pragma once

#include <string>

#include "base/result.h"
#include "kube/client.h"

namespace kube {

/// The answer. `what`: of the request, "get pods shop/web-0". Errors: as error_of(); why there was
/// no answer.
base::Result<Reply> taken(base::Result<Reply> reply, const std::string& what);

/// Whether the server did not know who asks (401): a token that is void, a pod whose object is
/// gone. As an error that has the code of a right that is missing (403), where it knows and
/// refuses.
bool is_unauthenticated(const base::Error& error);

}  // namespace kube
