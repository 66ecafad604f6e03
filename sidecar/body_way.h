// How far one body is: which of the bytes that were read belong to it, which of them go on, and
// where it ends. Pure, for both directions: a length, chunks, until the connection's end, or a
// tunnel, which is a body without an end of its own.
#pragma once

#include <cstdint>
#include <string_view>

#include "http1/chunks.h"

namespace sidecar {

class BodyWay {
 public:
  struct Step {
    std::string_view pass;  // what goes on; lies in the input
    std::size_t taken = 0;  // bytes of the input that are done with once that has gone
  };

  /// `bytes_max`: of chunked payload; a length was judged with the head. `refused_trailer`: as of
  /// ChunkLimits; empty: none.
  void begin(http1::Body kind, std::uint64_t length, std::uint64_t bytes_max,
             std::string_view refused_trailer = {});
  /// Everything until the connection's end.
  void begin_tunnel();
  /// For a client that does not know chunks: only payload goes on.
  void strip_chunks() { strip_ = true; }

  /// To be called again while there is input, until done() or refusal().
  Step take(std::string_view input);
  /// The connection has ended. False: in the middle of the body.
  bool ended();

  /// The end was seen; what was taken may not have gone on yet.
  bool done() const { return done_; }
  bool until_close() const { return kind_ == http1::Body::UntilClose; }
  /// status 0: none.
  const http1::Refusal& refusal() const { return refusal_; }
  /// Bytes that were taken, framing included.
  std::uint64_t bytes() const { return bytes_; }

 private:
  http1::Body kind_ = http1::Body::None;
  bool done_ = true;
  bool strip_ = false;
  std::uint64_t left_ = 0;
  std::uint64_t bytes_ = 0;
  http1::ChunkDecoder chunks_;
  http1::Refusal refusal_;
};

}  // namespace sidecar
