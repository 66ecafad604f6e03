// What this process has cost so far, and what it has in memory now: for the benchmarks that are
// compared with another program, which asks the kernel the same.
#pragma once

/// User and system time of all threads.
double cpu_seconds();
/// VmRSS of /proc/self/status.
double resident_mib();
