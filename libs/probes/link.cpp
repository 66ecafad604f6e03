#include "probes/link.h"

namespace probes {

using drill::Cause;

std::shared_ptr<net::Connection> LinkTarget::connection(const aio::Executor& executor,
                                                        net::ConnectionEvents& events) const {
  return tls != nullptr ? net::make_tls(executor, address, tls, events)
                        : net::make_tcp(executor, address, events);
}

Completion completion_of(net::Failure failure, bool sent) {
  if (sent) {
    return Completion::info(Cause::Reset);
  }
  switch (failure) {
    case net::Failure::Unreachable: return Completion::fail(Cause::Unreachable);
    case net::Failure::Tls: return Completion::fail(Cause::Tls);
    case net::Failure::Refused:
    case net::Failure::Reset:  // while connecting, or idle: the peer turned us away
    case net::Failure::Closed: return Completion::fail(Cause::Refused);
  }
  return Completion::fail(Cause::Refused);
}

Completion completion_of(Cause abandoned, bool connected, bool sent) {
  if (sent) {
    return Completion::info(abandoned);
  }
  if (abandoned == Cause::Timeout && !connected) {
    return Completion::fail(Cause::ConnectTimeout);
  }
  return Completion::fail(abandoned);
}

}  // namespace probes
