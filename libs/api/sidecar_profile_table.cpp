// The tables of a SidecarProfile. Every field but `injection` is one of the sidecar's flags, with
// the flag's type, range and default; tests/sidecar/profile_test.cpp holds the two together. What
// one field must be to another is judged in operator/profile_rules.cpp, and by the sidecar itself.
#include <initializer_list>
#include <string_view>
#include <utility>

#include "api/field.h"
#include "api/sidecar_profile.h"
#include "api/status_tables.h"
#include "api/tables.h"

namespace api {

using namespace fields;  // NOLINT(google-build-using-namespace): tables read as prose

namespace {

using Fields = std::vector<FieldSpec>;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMost = std::int64_t{1} << 53;  // what every reader of JSON holds exactly
constexpr std::int64_t kCacheBytes = std::int64_t{1} << 40;
constexpr std::int64_t kMostPrefixes = 1000;

/// A map that is there with its defaults where it is not written.
FieldSpec filled(FieldSpec map) {
  return by_default(Node::map(), std::move(map));
}

FieldSpec seconds(const char* name, std::int64_t otherwise, const char* doc) {
  return integer(name, {1, kDay}, otherwise, doc);
}

Fields addresses() {
  return {
      text("upstream",
           "Where the application listens, HOST:PORT; an injected sidecar knows it from its pod."),
      by_default(":15001", text("listen",
                                "Where clients connect, [HOST]:PORT; an injected sidecar "
                                "knows it from its pod.")),
      by_default("127.0.0.1:15020",
                 text("adminListen",
                      "Where metrics and health are served, [HOST]:PORT; an injected "
                      "sidecar knows it from its pod.")),
      text("adminTokenFile",
           "A file with the token of who may change something over the admin port; none: "
           "MUSTER_ADMIN_TOKEN, and where there is neither nobody may."),
      text("adminReadTokenFile",
           "A file with the token of who reads anything there but /livez and /readyz; none: "
           "MUSTER_ADMIN_READ_TOKEN, and where there is neither anybody may."),
      text("adminTlsCertFile",
           "The admin port speaks TLS: a file with its certificate and its issuers, in PEM."),
      text("adminTlsKeyFile", "A file with its key, in PEM, without a passphrase."),
      text("adminClientCaFile",
           "A file with who vouches for the certificate that a client shows there for all but "
           "/livez and /readyz; none: nobody is asked."),
      by_default("stdout", text("auditLog",
                                "Where security-relevant events are written: stdout, a file with "
                                "its folder, or off, in quotes.")),
      by_default("http", choice("mode", {"http", "tcp"},
                                "The protocol of clients; tcp is for any other one, without limits "
                                "and figures of requests: what is of requests is refused with it, "
                                "where it says something else than its default.")),
      text("tlsCertFile",
           "Clients connect over TLS: a file with the certificate and its issuers, in PEM."),
      text("tlsKeyFile", "A file with its key, in PEM, without a passphrase."),
      integer("threads", {1, 256}, {},
              "Cores to use; none: as many as the CPU quota has, else 1.")};
}

Fields bounds() {
  return {
      integer("headBytesMax", {4096, 65'536}, 16'384, "Of a head; a longer one is answered 431."),
      integer("bodyBytesMax", {0, kMost}, {},
              "Of a request's body; a longer one is answered 413; none, or 0: no limit."),
      integer("connectionsMax", {1, 1'000'000}, {},
              "Clients at a time, more have to wait; none: what the limit of descriptors allows."),
      integer("upstreamIdleMax", {0, 100'000}, 1024,
              "Connections to the application that are kept, per core.")};
}

Fields times() {
  return {
      seconds("headSeconds", 10, "For a head, from its first byte to its last; else 408."),
      seconds("idleSeconds", 75, "Between two requests of a connection."),
      seconds("connectSeconds", 5, "To connect to the application; else 504."),
      seconds("responseSeconds", 60, "For the application to begin to answer; else 504."),
      seconds("stallSeconds", 60, "For a body of which nothing moves."),
      seconds("tunnelIdleSeconds", 3600,
              "For a WebSocket, or a connection of mode tcp, of which nothing moves."),
      seconds("upstreamIdleSeconds", 4,
              "How long an unused connection to the application is kept."),
      seconds("drainSeconds", 25, "For what is under way at SIGTERM; what is left then is cut.")};
}

Fields headers() {
  return {by_default("append",
                     choice("forwarded", {"append", "replace", "off"},
                            "What happens to X-Forwarded-For, -Proto and -Host; write \"off\" in "
                            "quotes, or YAML takes it for false.")),
          flag("makeTrace", false, "A traceparent for requests without one."),
          flag("securityHeaders", true, "Headers that make browsers careful."),
          by_default("keep", choice("ownSecurityHeaders", {"keep", "replace"},
                                    "What happens to those of them that the application sets.")),
          by_default("SAMEORIGIN", choice("frameOptions", {"DENY", "SAMEORIGIN", "off"},
                                          "X-Frame-Options; here and below \"off\", in quotes, "
                                          "sends none.")),
          by_default("strict-origin-when-cross-origin",
                     choice("referrerPolicy",
                            {"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin",
                             "strict-origin", "origin-when-cross-origin",
                             "strict-origin-when-cross-origin", "unsafe-url", "off"},
                            "Referrer-Policy.")),
          by_default("browsing-topics=(), serial=(), usb=()",
                     text("permissionsPolicy", "Permissions-Policy.")),
          by_default("max-age=31536000",
                     text("strictTransportSecurity", "Strict-Transport-Security, over TLS only.")),
          by_default("off", text("contentSecurityPolicy",
                                 "Content-Security-Policy; 'nonce-{nonce}' in it is another nonce "
                                 "in each response.")),
          by_default("X-CSP-Nonce", text("nonceHeader",
                                         "The header of a request that tells the application the "
                                         "nonce.")),
          by_default("off", choice("crossOriginOpenerPolicy",
                                   {"unsafe-none", "same-origin-allow-popups", "same-origin",
                                    "noopener-allow-popups", "off"},
                                   "Cross-Origin-Opener-Policy.")),
          by_default("off", choice("crossOriginEmbedderPolicy",
                                   {"unsafe-none", "require-corp", "credentialless", "off"},
                                   "Cross-Origin-Embedder-Policy.")),
          by_default("off", choice("crossOriginResourcePolicy",
                                   {"same-site", "same-origin", "cross-origin", "off"},
                                   "Cross-Origin-Resource-Policy."))};
}

FieldSpec limit_rules() {
  Fields limit = {required(integer("requests", {1, 1'000'000}, {}, "How many are let in.")),
                  required(integer("seconds", {1, 31 * kDay}, {}, "In any stretch this long."))};
  FieldSpec limits = required(objects("limits", std::move(limit), "One limit for each length."));
  limits.minimum = 1;
  limits.maximum = 3;
  FieldSpec out = objects(
      "limitRules",
      {required(text("name", "Its name, 1 to 32 letters, digits, '-' and '_'.")),
       text("path", "The paths it is for; * is any text."), text("method", "The method it is for."),
       text("header", "The header that a request must have for it."),
       text("value", "What that header must be; * is any text."), std::move(limits)},
      "Each rule that matches a request counts for itself; none: 500 requests an hour and 2,000 a "
      "day.");
  out.maximum = 16;
  return out;
}

Fields protection() {
  return {
      by_default("on",
                 choice("limits", {"on", "dry-run", "off"},
                        "Whether they are in force, only counted, or not there; in quotes, or "
                        "YAML takes \"on\" for true. Where the operator delivers a profile "
                        "without it: dry-run until trustedProxies are named.")),
      limit_rules(),
      integer("limitKeysMax", {1024, 16'777'216}, 65'536, "Clients that are counted at once."),
      strings("trustedProxies", {0, kMostPrefixes},
              "Addresses and prefixes whose X-Forwarded-For is believed."),
      strings("allow", {0, kMostPrefixes}, "Prefixes without limits."),
      strings("deny", {0, kMostPrefixes}, "Prefixes that are answered 403; stronger than allow."),
      strings("unlimitedPaths", {0, 128}, "Paths that are not limited; * is any text."),
      flag("offenderAddresses", false,
           "Whether figures name those who are refused most by their addresses, too."),
      integer("botRequestsMax", {1, 1'000'000}, 50,
              "Requests of one client in ten seconds; more are a sign of a bot."),
      integer("botPagesMin", {1, 250}, 5,
              "Pages in a row that each follow the one before by number: a sign of a bot."),
      integer("concurrencyMax", {1, 4000}, {},
              "Requests of one client at once; one more is answered 429; none: no limit."),
      text("fingerprintKeyFile",
           "A file with the key of fingerprints; none: MUSTER_FINGERPRINT_KEY, else a random one."),
      text(
          "drillKeyFile",
          "A file with the key under which drills sign their requests, which are not limited then; "
          "none: MUSTER_DRILL_KEY, else nobody is taken for a drill.")};
}

Fields users() {
  constexpr std::int64_t kBytes = 1'000'000'000'000'000;
  return {by_default("off",
                     choice("users", {"on", "dry-run", "off"},
                            "Whether users of the application have quotas; \"on\" and \"off\" in "
                            "quotes, or YAML takes them for true and false.")),
          text("userHeader", "The header that names the user; none: the client is the user."),
          text("userCookie", "The cookie that does, where the header is missing."),
          integer("usersMax", {1, 256}, 12,
                  "Users with a session at a time; one more is answered 503."),
          integer("userRequestsMax", {1, 1000}, 5, "Requests of one user at once; more wait."),
          integer("userMemoryBytesMax", {1, kBytes}, 100'000'000,
                  "Memory that the application reports of one user."),
          by_default("8.33", field(FieldType::Amount, "userCpuPercentMax",
                                   "The same of CPU, in per cent of all, 0.01 to 100000.")),
          integer("userDatabaseConnectionsMax", {1, 100'000}, 2,
                  "The same of connections to the database."),
          by_default("fair-share", choice("userStrategy", {"fair-share", "priority", "adaptive"},
                                          "What is done about who is above a quota.")),
          strings("userHigh", {0, 256}, "Users of high rank, for priority."),
          strings("userLow", {0, 256}, "Users of low rank, for priority."),
          integer("userQueueMax", {0, 1000}, 10,
                  "Requests of one user that wait; one more is answered 429."),
          integer("userWaitSeconds", {1, 60}, 10, "For a turn; else 503.")};
}

Fields endpoints() {
  return {strings("endpoints", {0, 128}, "Endpoints by template, such as /users/{id}."),
          integer("endpointsMax", {1, 1000}, 200,
                  "Endpoints that figures are kept of; all others are other."),
          flag("automaticEndpoints", true, "Whether endpoints are found that are not named."),
          by_default("auto", text("watch",
                                  "Whose CPU and memory: auto, pod, none, pid:N or "
                                  "cgroup:N.")),
          integer("memoryLimitBytes", {1, kMost}, {},
                  "What of memory the watched may use, where neither a cgroup nor the kubelet "
                  "tells it; none: of an injected sidecar what its pod says, else what the machine "
                  "has."),
          field(FieldType::Amount, "cpuLimitCores", "The same of CPU, in cores, 0.001 to 100000."),
          text("podFigures",
               "The URL at which the kubelet's figures of the pod are asked for when auto sees "
               "none; of an injected sidecar the operator says it.")};
}

Fields redis() {
  return {
      text("redis", "HOST:PORT through which replicas share their limits."),
      by_default("muster", text("redisPrefix", "Of all keys there.")),
      text("redisPasswordFile",
           "A file with its password; none: MUSTER_REDIS_PASSWORD, else no password."),
      flag("redisTls", false, "Whether it is spoken to over TLS."),
      text("redisCaFile", "Who vouches for its certificate; none: the system's."),
      by_default("open", choice("limitsWithoutRedis", {"open", "closed"},
                                "closed: while it is away, what a limit counts is answered 503.")),
      integer("limitsClosedAfterSeconds", {0, kDay}, 10,
              "For how long it was not heard then; 0: at once, and from the start.")};
}

Fields database() {
  return {
      text("database",
           "The application's PostgreSQL, whose health is told: "
           "postgresql://USER@HOST:PORT/DATABASE, without a password."),
      text("databasePasswordFile",
           "A file with its password; none: MUSTER_DATABASE_PASSWORD, else as libpq finds one."),
      integer("databasePoolSize", {1, 1000}, 10, "Connections to it at once, at most."),
      integer("databaseAttempts", {1, 100}, 3, "To connect, before it is unreachable."),
      seconds("databaseAttemptGapSeconds", 2, "From one of them to the next."),
      seconds("databaseConnectSeconds", 10, "To connect."),
      seconds("databaseQuerySeconds", 30, "For a query."),
      seconds("databaseSlowQuerySeconds", 1, "A query that takes more is a warning."),
      seconds("databaseHeldSeconds", 5, "A connection that is held for longer is one."),
      seconds("databaseCheckSeconds", 10, "From one look at it to the next."),
      seconds("databaseLagSecondsMax", 30, "How far a replica may be behind its primary."),
      flag("databaseMayBeReadOnly", false, "Whether one that takes no writes is healthy.")};
}

/// A number that may have a fraction.
FieldSpec score(const char* name, const char* otherwise, const char* doc) {
  return by_default(otherwise, field(FieldType::Amount, name, doc));
}

Fields outlook() {
  return {
      flag("anomalies", true, "Whether anomalies and trends are looked for."),
      score("anomalyWarningScore", "3",
            "Standard deviations above which a value is an anomaly, 1 to 1000."),
      score("anomalyCriticalScore", "4", "The same of a critical one, from the one above to 1000."),
      integer("forecastSteps", {1, 60}, 3, "Samples that the forecast reaches ahead."),
      score("forecastRatio", "1.5",
            "How much steeper a series has to become to be told, 1 to 1000.")};
}

struct Limits {
  const char* name;
  std::optional<std::int64_t> warning, critical;
  const char* doc;
};

FieldSpec threshold(const Limits& of) {
  const auto limit = [](const char* name, std::optional<std::int64_t> otherwise, const char* doc) {
    FieldSpec out = field(FieldType::Amount, name, doc);
    if (otherwise) out.otherwise = Node(*otherwise);
    return out;
  };
  return filled(object(
      of.name,
      {limit("warning", of.warning, "Above this it is a warning."),
       limit("critical", of.critical, "Above this it is critical; not below the one above.")},
      of.doc));
}

/// In the order of alert::Measure.
FieldSpec thresholds() {
  Fields all;
  for (const Limits& each : {
           Limits{"cpuPercent", 80, {}, "CPU used of its limit, else of the machine."},
           Limits{"memoryPercent", 85, {}, "Memory used of its limit, else of the machine."},
           Limits{"diskPercent", {}, 90, "The fullest file system that is watched."},
           Limits{"responseP95Millis", 2000, {}, "The 95th percentile of the last minute."},
           Limits{"errorPercent", {}, 5, "Requests of the last minute that are errors."},
           Limits{"databaseConnectionsPercent", 80, {}, "Connections taken of those there may be."},
       }) {
    all.push_back(threshold(each));
  }
  return filled(object("thresholds", std::move(all),
                       "Above which the pod is told to be ill; above 0, in the unit of the name."));
}

using Number = std::pair<const char*, std::int64_t>;

/// Whole numbers by name: milliseconds up to a day, or per cent.
FieldSpec numbers(const char* name, std::initializer_list<Number> all, const char* doc) {
  Fields inner;
  for (const auto& [each, otherwise] : all) {
    const bool percent = std::string_view(each).ends_with("Percent");
    inner.push_back(integer(each, {1, percent ? 100 : kDay * 1000}, otherwise,
                            percent ? "A share, in per cent." : "In milliseconds."));
  }
  return filled(object(name, std::move(inner), doc));
}

Fields alerts() {
  return {
      strings("diskPaths", {0, 8},
              "Paths whose file systems are watched, of several the fullest; none: the sidecar's "
              "own root."),
      integer("samplesKept", {60, 17'280}, 1000,
              "Samples of the pod that are kept, one every five seconds."),
      thresholds(),
      by_default("4xx", choice("errorsFrom", {"4xx", "5xx"},
                               "Which answers are errors where health is judged: those with "
                               "status 400 and above, or 500 and above.")),
      seconds("alertCooldownSeconds", 300,
              "Before the same alert is told again with the same severity."),
      numbers("operationThresholds",
              {{"queryMillis", 500},
               {"bulkMillis", 5000},
               {"encryptionMillis", 100},
               {"decryptionMillis", 50},
               {"realTimeUpdateMillis", 200},
               {"concurrentUserMillis", 1000},
               {"databaseQueryMillis", 200},
               {"apiEndpointMillis", 500}},
              "Above which an operation that the application reports is too slow."),
      numbers("encryptionTargets",
              {{"fieldMillis", 10},
               {"bulkMillis", 100},
               {"decryptionMillis", 5},
               {"keyRotationMillis", 30'000},
               {"gradeAPercent", 95},
               {"gradeBPercent", 85},
               {"gradeCPercent", 75},
               {"gradeDPercent", 65}},
              "What encryption may take (bulk: 1,000 records), and which share has to keep to it "
              "for a grade."),
      numbers("slowTimings",
              {{"apiMillis", 500},
               {"renderMillis", 16},
               {"operationMillis", 1000},
               {"pageLoadMillis", 3000}},
              "Above which a timing of a browser is slow.")};
}

Fields cache() {
  return {
      integer("cacheBytesMax", {0, kCacheBytes}, 0, "Of stored responses; 0: none is stored."),
      integer("cacheEntriesMax", {1, 10'000'000}, 1000, "Of stored responses, whatever they take."),
      integer("cacheEntryBytesMax", {1, kCacheBytes}, 1'048'576,
              "Of one body; a longer one is not stored."),
      seconds("cacheSecondsMax", 60,
              "How long one answers from memory, whatever lifetime it has; then redis, or the "
              "application, is asked."),
      strings("cacheRoutes", {0, 128}, "Paths that may be stored; * is any text; none: all."),
      seconds("cacheWaitSeconds", 5,
              "How long a request waits for another one that brings the same response."),
      flag("cacheRedis", false, "Whether what is stored is put into redis, for all replicas."),
      seconds("cacheRedisSeconds", 300, "How long it stays there, at most.")};
}

Fields ingest() {
  return {text("statsdListen", "A UDP port for StatsD, [HOST]:PORT, such as 127.0.0.1:8125."),
          text("otlpListen", "A port for OTLP/HTTP, [HOST]:PORT, such as 127.0.0.1:4318."),
          text("rumPath",
               "A path among the application's to which browsers post their figures, such as "
               "/muster/rum."),
          text("rumListen", "A port of its own for the same, [HOST]:PORT."),
          strings("rumOrigins", {0, 64},
                  "Origins whose pages may post as well, such as https://shop.example, or *; as "
                  "browsers write "
                  "them: in lower case, without a path and the port that a scheme has anyway.")};
}

Fields exports() {
  return {
      text("exportOtlp", "The URL to which all figures are sent by OTLP/HTTP."),
      strings("exportHeaderFiles", {0, 32},
              "NAME=FILE: a field of those requests, whose value is in the file."),
      text("exportCaFile", "Who vouches for an https receiver; none: the system's."),
      flag("exportDelta", false, "Whether counters are sent as what came since the last time."),
      text("exportDogstatsd",
           "A Datadog agent, HOST:PORT over UDP, to which all figures are sent."),
      seconds("exportSeconds", 60, "From one time to the next."),
      by_default("muster-sidecar", text("exportService", "The name under which they are sent."))};
}

FieldSpec amounts(const char* name, Fields inner, const char* doc) {
  return filled(object(name, std::move(inner), doc));
}

FieldSpec injection() {
  FieldSpec resources =
      filled(object("resources",
                    {amounts("requests",
                             {by_default("10m", text("cpu", "As Kubernetes writes it.")),
                              by_default("24Mi", text("memory", "As Kubernetes writes it."))},
                             "What a node must have free."),
                     amounts("limits",
                             {text("cpu", "As Kubernetes writes it; none: no limit."),
                              by_default("64Mi", text("memory", "As Kubernetes writes it."))},
                             "What it may use.")},
                    "Of the sidecar's container."));
  return object(
      "injection",
      {text("port",
            "The container port to stand in front of, by name or number, in quotes; none: the only "
            "one, or the one named http."),
       label("container", "The container that has it; none: the first that has the port."),
       by_default("Port", choice("capture", {"Port", "Redirect", "None"},
                                 "How traffic gets to the sidecar: the named port becomes its own, "
                                 "the kernel leads what comes for the port's number to it "
                                 "(NET_ADMIN), or not at all.")),
       object("adminTls",
              {required(text("secret",
                             "A Secret of the pod's namespace with tls.crt and tls.key, which is "
                             "mounted into the sidecar.")),
               text("clientCaKey",
                    "The key of the Secret with who vouches for the certificates of clients, such "
                    "as ca.crt; none: nobody is asked for one.")},
              "The admin port speaks TLS; the kubelet's probes do, too."),
       std::move(resources)},
      "How the sidecar is put into a pod; nothing to the sidecar itself.");
}

FieldSpec spec_fields() {
  Fields all;
  for (Fields part : {addresses(), bounds(), times(), headers(), protection(), users(), endpoints(),
                      alerts(), outlook(), redis(), database(), cache(), ingest(), exports()}) {
    for (FieldSpec& each : part) all.push_back(std::move(each));
  }
  all.push_back(injection());
  return object("spec", std::move(all), "The settings; a field that is not there has its default.");
}

Fields status_fields() {
  return {
      observed_generation(),
      status_conditions("Valid (a sidecar can be run with it) and Delivered (the ConfigMap says "
                        "what the profile says); only where they do not hold InjectionRead "
                        "(somebody reads its injection) and Injected (pods that ask for a sidecar "
                        "have one)."),
      text("configMap", "The ConfigMap in which it was delivered, in the profile's namespace.")};
}

/// A document of a cluster may name its namespace.
FieldSpec in_cluster(FieldSpec table) {
  for (FieldSpec& field : table.fields) {
    if (field.name == "metadata") field.fields.push_back(label("namespace", "Where it is."));
  }
  return table;
}

}  // namespace

const FieldSpec& sidecar_profile_table() {
  static const FieldSpec kTable = in_cluster(document(kSidecarProfile, required(spec_fields())));
  return kTable;
}

const FieldSpec& sidecar_profile_status_table() {
  static const FieldSpec kTable = object("status", status_fields(), "What was found.");
  return kTable;
}

}  // namespace api
