#include "sidecar/fault_routes.h"

#include <string>
#include <string_view>
#include <utility>

#include "sidecar/fault_json.h"
#include "sidecar/log.h"
#include "sidecar/replies.h"

namespace sidecar {
namespace {

unsigned status_of(base::Code code) {
  switch (code) {
    case base::Code::InvalidArgument: return 400;
    case base::Code::PermissionDenied: return 403;
    case base::Code::NotFound: return 404;
    case base::Code::AlreadyExists:
    case base::Code::ResourceExhausted: return 409;
    case base::Code::Unavailable: return 503;
    default: return 500;
  }
}

net::HttpReply no(const base::Error& error) {
  return error_reply(status_of(error.code), error.message);
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
  return json_reply(200, node_of(*faults.set(), now));
}

net::HttpReply begin_fault(Faults& faults, Mode mode, const net::HttpRequest& request,
                           base::TimePoint now) {
  auto rule = parse_fault(request.body, mode);
  if (!rule) return no(rule.error());
  const auto begun = faults.begin(std::move(*rule), now, request.client);
  if (!begun) return no(begun.error());
  tell("a fault is in force", begun->rule);
  return json_reply(201, node_of(*begun, now));
}

net::HttpReply renew_fault(Faults& faults, const net::HttpRequest& request, base::TimePoint now) {
  const auto renewal = parse_renewal(request.body);
  if (!renewal) return no(renewal.error());
  const auto renewed = faults.renew(named_by(request).id, renewal->owner, renewal->lease, now);
  if (!renewed) return no(renewed.error());
  return json_reply(200, node_of(*renewed, now));
}

net::HttpReply end_fault(Faults& faults, const net::HttpRequest& request, base::TimePoint now) {
  const Named named = named_by(request);
  const auto ended = faults.end(named.id, named.owner, now, request.client);
  if (!ended) return no(ended.error());
  tell("a fault was ended", ended->rule);
  return json_reply(200, node_of(*ended, now));
}

void add_fault_routes(Admin& admin, Faults& faults, Mode mode,
                      std::function<base::TimePoint()> now) {
  const std::string one = std::string(kFaultsPath) + "/*";
  const auto add = [&](const char* method, const std::string& path, Access access, auto handle) {
    admin.add({method, path, access, [&faults, now, handle](const net::HttpRequest& request) {
                 return handle(faults, request, now());
               }});
  };
  add("GET", std::string(kFaultsPath), Access::Open,
      [](Faults& all, const net::HttpRequest&, base::TimePoint at) {
        return list_faults(all, at);
      });
  add("POST", std::string(kFaultsPath), Access::Token,
      [mode](Faults& all, const net::HttpRequest& request, base::TimePoint at) {
        return begin_fault(all, mode, request, at);
      });
  add("PUT", one, Access::Token, renew_fault);
  add("DELETE", one, Access::Token, end_fault);
}

void sweep_faults(Faults& faults, base::TimePoint now) {
  for (const Fault& fault : faults.sweep(now)) {
    tell("a fault has ended: nobody renewed it", fault.rule);
  }
}

}  // namespace sidecar
