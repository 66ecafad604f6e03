#include "sidecar/exchange.h"

namespace sidecar {

void AddedFields::add(std::string_view name, std::string_view value) {
  text_.append(name).append(": ").append(value).append("\r\n");
}

std::size_t place_of(const Client& client, std::size_t count) {
  constexpr unsigned kLine = 6;  // of 64 bytes
  const auto place =
      reinterpret_cast<std::uintptr_t>(&client) >> kLine;  // NOLINT(*-reinterpret-cast)
  return place % count;
}

void Exchange::clear() {
  request.method = request.target = request.path = request.query = request.host = {};
  request.raw = request.lines = request.upgrade = {};
  request.field_count = 0;
  request.marks = ~std::uint64_t{0};
  request.drop.reset();
  response = nullptr;
  to_upstream.clear();
  to_client.clear();
  request_id.clear();
  own_service = false;
  reply.status = 0;
  reply.content_type.clear();
  reply.body.clear();
  touch = {};
  notes.fill(0);
}

const char* name(Ended ended) {
  switch (ended) {
    case Ended::Complete: return "complete";
    case Ended::Answered: return "answered";
    case Ended::Cached: return "cached";
    case Ended::Refused: return "refused";
    case Ended::UpstreamFailed: return "upstream_failed";
    case Ended::ClientGone: return "client_gone";
    case Ended::Upgraded: return "upgraded";
    case Ended::Cut: return "cut";
    case Ended::Faulted: return "faulted";
  }
  return "complete";
}

}  // namespace sidecar
