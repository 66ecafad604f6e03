// What texts of a SidecarProfile must be, each by itself and none of them empty: judged by the
// functions that the sidecar judges its flags by, so that what is called valid is something that a
// sidecar starts with. tests/operator/profile_agreement_test.cpp holds the two together.
#pragma once

#include "api/decode.h"
#include "api/node.h"

namespace op {

/// `spec`: with defaults, and of the right types. Problems are added to the decoder's.
void judge_texts(api::Decoder& decoder, const api::Node& spec);

}  // namespace op
