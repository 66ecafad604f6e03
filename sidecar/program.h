// The sidecar itself: a thread per core that proxies, and the main thread, which serves the admin
// port, looks whether the application is there, and waits for SIGTERM.
//
// At SIGTERM, or SIGINT, it accepts what waits and then no more, tells every client that its
// connection ends, finishes what is under way and ends, at the latest when the drain's time is
// over. A second signal ends it at once. At SIGHUP, and every few seconds, it reads the files anew
// that may have changed.
#pragma once

#include "sidecar/config_reload.h"

namespace sidecar {

/// The program's exit code: 0 when it was asked to end, 1 when it could not begin.
int run_sidecar(Configured configured);

}  // namespace sidecar
