// What the parsers of http1 make of bytes, as text that can be compared: in one piece, cut in two,
// or byte by byte. Every look gets a buffer of its own size at a place of its own, so that a view
// into an older one, or a look beyond the end, is found by the sanitizers.
#pragma once

#include <string>
#include <string_view>

#include "http1/chunks.h"
#include "http1/head.h"

namespace http1 {

/// Everything a head says, one thing per line.
std::string describe(const RequestHead& head);
std::string describe(const ResponseHead& head);

/// "more", "refused STATUS: why" or what describe() says; the pieces end at each multiple of `step`
/// and at `first`, which may be 0.
std::string read_request(std::string_view bytes, std::size_t first, std::size_t step,
                         const Limits& limits = {});
std::string read_response(std::string_view bytes, std::string_view method, std::size_t first,
                          std::size_t step, const Limits& limits = {});

/// "more", "refused STATUS: why" or "done after BYTES", then the payload.
std::string read_chunks(std::string_view bytes, std::size_t first, std::size_t step,
                        const ChunkLimits& limits = {});

inline std::string read_request(std::string_view bytes, const Limits& limits = {}) {
  return read_request(bytes, 0, bytes.size() + 1, limits);
}

}  // namespace http1
