// A slot's connection for the protocols that are not libpq: which address, TLS or not, whether a
// byte of the present operation was sent, and what a failure therefore means. Proof that nothing
// happened is that nothing was sent; everything after the first byte is unknown.
#pragma once

#include <memory>
#include <string>

#include "net/connection.h"
#include "probes/operation.h"

namespace probes {

/// Where a stream connects to, and how. Shared by its slots.
struct LinkTarget {
  net::Address address;
  std::shared_ptr<net::TlsContext> tls;  // null: plain TCP

  std::shared_ptr<net::Connection> connection(const aio::Executor& executor,
                                              net::ConnectionEvents& events) const;
};

/// What a failed connection makes of an operation of which `sent` says whether a byte was sent.
Completion completion_of(net::Failure failure, bool sent);
/// What abandoning makes of it.
Completion completion_of(drill::Cause abandoned, bool connected, bool sent);

}  // namespace probes
