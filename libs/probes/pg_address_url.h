// Where a database is, as people write it: postgresql://USER@HOST:PORT/DATABASE?sslmode=…
//
// A part of what libpq takes, so that libpq is not needed to tell right from wrong: one host, and
// of the parameters sslmode, sslrootcert, application_name and host (the folder of a Unix socket).
// A password is refused: a command line is read by everybody. No error repeats the text, in which
// one may stand. Pure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "probes/pg_connection.h"

namespace probes {

/// Where it says nothing: 127.0.0.1, port 5432, the database of the user's name, sslmode prefer.
/// Errors: InvalidArgument, naming what is wrong and what is allowed.
base::Result<PgAddress> parse_pg_address(std::string_view url);

}  // namespace probes
