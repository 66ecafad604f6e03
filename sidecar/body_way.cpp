#include "sidecar/body_way.h"

#include <algorithm>

namespace sidecar {

void BodyWay::begin(http1::Body kind, std::uint64_t length, std::uint64_t bytes_max,
                    std::string_view refused_trailer) {
  kind_ = kind;
  left_ = kind == http1::Body::Length ? length : 0;
  done_ = kind == http1::Body::None || (kind == http1::Body::Length && length == 0);
  strip_ = false;
  bytes_ = 0;
  refusal_ = {};
  if (kind == http1::Body::Chunked) {
    http1::ChunkLimits limits;
    if (bytes_max > 0) limits.body_bytes = bytes_max;
    limits.refused_trailer = refused_trailer;
    chunks_ = http1::ChunkDecoder(limits);
  }
}

void BodyWay::begin_tunnel() {
  begin(http1::Body::UntilClose, 0, 0);
}

BodyWay::Step BodyWay::take(std::string_view input) {
  Step out;
  if (done_ || refusal_.status != 0) return out;
  switch (kind_) {
    case http1::Body::None: break;
    case http1::Body::UntilClose: out = {input, input.size()}; break;
    case http1::Body::Length:
      out.taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      out.pass = input.substr(0, out.taken);
      left_ -= out.taken;
      done_ = left_ == 0;
      break;
    case http1::Body::Chunked: {
      const auto step = strip_ ? chunks_.next(input) : chunks_.pass(input);
      out.taken = step.taken;
      out.pass = strip_ ? step.payload : input.substr(0, step.taken);
      done_ = step.state == http1::Parse::Done;
      if (step.state == http1::Parse::Refused) refusal_ = chunks_.refusal();
      break;
    }
  }
  bytes_ += out.taken;
  return out;
}

bool BodyWay::ended() {
  if (kind_ == http1::Body::UntilClose) done_ = true;
  return done_;
}

}  // namespace sidecar
