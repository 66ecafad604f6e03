#include "sidecar/fault_routes.h"

#include <string>
#include <string_view>
#include <utility>

#include "sidecar/error_reply.h"
#include "sidecar/fault_json.h"
#include "sidecar/log.h"

namespace sidecar {
namespace {

net::HttpReply json(unsigned status, std::string body) {
  return {status, std::string(kJson), std::move(body)};
}

net::HttpReply no(const base::Error& error) {
  int status = 500;
  std::string_view reason = "internal";
  switch (error.code) {
    case base::Code::InvalidArgument: status = 400, reason = "invalid"; break;
    case base::Code::PermissionDenied: status = 403, reason = "not_yours"; break;
    case base::Code::NotFound: status = 404, reason = "not_in_force"; break;
    case base::Code::AlreadyExists: status = 409, reason = "taken"; break;
    case base::Code::ResourceExhausted: status = 409, reason = "too_many"; break;
    case base::Code::Unavailable: status = 503, reason = "draining"; break;
    default: break;
  }
  std::string body;
  write_error_body(body, status, reason, error.message, "");
  return json(static_cast<unsigned>(status), std::move(body));
}

struct Named {
  std::string id, owner;
};

/// Names need no escapes (fault_json.h), so none is undone.
Named named_by(const net::HttpRequest& request) {
  constexpr std::string_view kOwner = "owner=";
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  Named out;
  if (path.size() > kFaultsPath.size()) out.id = path.substr(kFaultsPath.size() + 1);
  if (mark == std::string_view::npos) return out;
  const std::string_view query = target.substr(mark + 1);
  if (query.starts_with(kOwner)) out.owner = query.substr(kOwner.size());
  return out;
}

void tell(const char* what, const FaultRule& rule) {
  log(Level::Warning, what, {{"id", rule.id}, {"owner", rule.owner}, {"kind", name(rule.kind)}});
}

}  // namespace

net::HttpReply list_faults(const Faults& faults, base::TimePoint now) {
  return json(200, to_json(*faults.set(), now));
}

net::HttpReply begin_fault(Faults& faults, Mode mode, const net::HttpRequest& request,
                           base::TimePoint now) {
  auto rule = parse_fault(request.body, mode);
  if (!rule) return no(rule.error());
  const auto begun = faults.begin(std::move(*rule), now);
  if (!begun) return no(begun.error());
  tell("a fault is in force", begun->rule);
  return json(201, to_json(*begun, now));
}

net::HttpReply renew_fault(Faults& faults, const net::HttpRequest& request, base::TimePoint now) {
  const auto renewal = parse_renewal(request.body);
  if (!renewal) return no(renewal.error());
  const auto renewed = faults.renew(named_by(request).id, renewal->owner, renewal->lease, now);
  if (!renewed) return no(renewed.error());
  return json(200, to_json(*renewed, now));
}

net::HttpReply end_fault(Faults& faults, const net::HttpRequest& request, base::TimePoint now) {
  const Named named = named_by(request);
  const auto ended = faults.end(named.id, named.owner, now);
  if (!ended) return no(ended.error());
  tell("a fault was ended", ended->rule);
  return json(200, to_json(*ended, now));
}

void sweep_faults(Faults& faults, base::TimePoint now) {
  for (const Fault& fault : faults.sweep(now)) {
    tell("a fault has ended: nobody renewed it", fault.rule);
  }
}

}  // namespace sidecar
