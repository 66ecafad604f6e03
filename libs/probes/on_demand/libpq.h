// libpq for a program that most often does without: it is loaded when somebody asks for it, and
// costs nothing before. The program is not linked with it; the functions that PgConnection calls
// are here under their own names and pass each call on.
//
// The sidecar is the one that needs this: libpq brings Kerberos and LDAP with it, which is more
// memory than the sidecar has when idle.
#pragma once

#include "base/result.h"

namespace probes {

/// Once before the first PgConnection is opened; again does nothing.
/// Errors: NotFound, with what the loader says: the library is not there or not of this kind.
/// Thread: one, before any other uses it.
base::Result<> load_libpq();

}  // namespace probes
