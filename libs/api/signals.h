// The signals a plan may demand to be watched (D1, D2).
#pragma once

namespace api {

inline constexpr const char* kSignals[] = {
    "DatabaseConnectivity", "ReplicationLag",     "Consistency",
    "PoolHealth",           "QueryPerformance",   "HealthChecks",
    "LoadBalancer",         "SessionStore",       "StartUp",
    "SessionContinuity",    "CrossSiteNetwork",   "Dns",
    "SiteReplication",      "RecoverySiteHealth", "NetworkLatency",
    "ControlTarget",        "ReferenceResponder", "ServiceAvailability",
};

}  // namespace api
