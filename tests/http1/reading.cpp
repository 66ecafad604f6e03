#include "reading.h"

#include <algorithm>
#include <vector>

namespace http1 {
namespace {

std::string fields_of(const Head& head) {
  static constexpr const char* kBodies[] = {"none", "length", "chunked", "until close"};
  std::string text = "minor " + std::to_string(head.minor) + "\nbody " +
                     kBodies[static_cast<std::size_t>(head.body)] + " " +
                     std::to_string(head.length) + (head.keep_alive ? "" : " close") +
                     "\nupgrade " + std::string(head.upgrade) + "\nbytes " +
                     std::to_string(head.bytes) + "\n";
  for (std::size_t i = 0; i < head.field_count; ++i) {
    text += std::string(head.drop[i] ? "- " : "+ ") + std::string(head.fields[i].name) + "=" +
            std::string(head.fields[i].value) + "\n";
  }
  return text;
}

std::string refused(const Refusal& why) {
  return "refused " + std::to_string(why.status) + ": " + why.why;
}

std::size_t next_cut(std::size_t at, std::size_t first, std::size_t step, std::size_t size) {
  const std::size_t cut = at < first ? first : (at / step + 1) * step;
  return std::min(cut, size);
}

template <class Out, class Look>
std::string read_in_pieces(std::string_view bytes, std::size_t first, std::size_t step, Look look) {
  Progress progress;
  Refusal why;
  for (std::size_t at = 0; at < bytes.size();) {
    at = next_cut(at, first, step, bytes.size());
    const std::vector<char> seen(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    Out out;
    const Parse state = look(std::string_view(seen.data(), seen.size()), progress, out, why);
    if (state == Parse::Refused) return refused(why);
    if (state == Parse::Done) return describe(out);
  }
  return "more";
}

}  // namespace

std::string describe(const RequestHead& head) {
  static constexpr const char* kForms[] = {"origin", "absolute", "authority", "asterisk"};
  return std::string(head.method) + " " + std::string(head.target) + " is " +
         kForms[static_cast<std::size_t>(head.form)] + "\npath " + std::string(head.path) +
         "\nquery " + std::string(head.query) + "\nhost " + std::string(head.host) +
         (head.expects_continue ? "\nexpects 100" : "") +
         (head.takes_trailers ? "\ntakes trailers" : "") + "\n" + fields_of(head);
}

std::string describe(const ResponseHead& head) {
  return std::to_string(head.status) + " " + std::string(head.reason) + "\n" + fields_of(head);
}

std::string read_request(std::string_view bytes, std::size_t first, std::size_t step,
                         const Limits& limits) {
  return read_in_pieces<RequestHead>(
      bytes, first, step,
      [&](std::string_view seen, Progress& progress, RequestHead& out, Refusal& why) {
        return parse_request(seen, limits, progress, out, why);
      });
}

std::string read_response(std::string_view bytes, std::string_view method, std::size_t first,
                          std::size_t step, const Limits& limits) {
  return read_in_pieces<ResponseHead>(
      bytes, first, step,
      [&](std::string_view seen, Progress& progress, ResponseHead& out, Refusal& why) {
        return parse_response(seen, method, limits, progress, out, why);
      });
}

std::string read_chunks(std::string_view bytes, std::size_t first, std::size_t step,
                        const ChunkLimits& limits) {
  ChunkDecoder decoder(limits);
  std::string payload;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t cut = next_cut(at, first, step, bytes.size());
    const std::vector<char> piece(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                  bytes.begin() + static_cast<std::ptrdiff_t>(cut));
    std::string_view left(piece.data(), piece.size());
    while (!left.empty()) {
      const ChunkDecoder::Step step_taken = decoder.next(left);
      payload += step_taken.payload;
      at += step_taken.taken;
      left.remove_prefix(step_taken.taken);
      if (step_taken.state == Parse::Refused) return refused(decoder.refusal());
      if (step_taken.state == Parse::Done) {
        return "done after " + std::to_string(at) + "\n" + payload;
      }
    }
  }
  return "more\n" + payload;
}

}  // namespace http1
