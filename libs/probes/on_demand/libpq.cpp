#include "probes/on_demand/libpq.h"

#include <dlfcn.h>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/check.h"

namespace {

/// Where a function of libpq lies; null before it was loaded.
template <auto* Function>
decltype(Function) found = nullptr;

template <auto* Function, class... Arguments>
auto call(Arguments... arguments) {
  CHECK(found<Function> != nullptr);
  return found<Function>(arguments...);
}

template <auto* Function>
bool find(void* library, const char* name) {
  found<Function> = reinterpret_cast<decltype(Function)>(dlsym(library, name));
  return found<Function> != nullptr;
}

using Find = bool (*)(void*, const char*);
constexpr std::pair<const char*, Find> kFunctions[] = {
    {"PQclear", find<&PQclear>},
    {"PQcmdTuples", find<&PQcmdTuples>},
    {"PQconnectPoll", find<&PQconnectPoll>},
    {"PQconnectStartParams", find<&PQconnectStartParams>},
    {"PQconsumeInput", find<&PQconsumeInput>},
    {"PQerrorMessage", find<&PQerrorMessage>},
    {"PQfinish", find<&PQfinish>},
    {"PQflush", find<&PQflush>},
    {"PQfname", find<&PQfname>},
    {"PQgetResult", find<&PQgetResult>},
    {"PQgetisnull", find<&PQgetisnull>},
    {"PQgetlength", find<&PQgetlength>},
    {"PQgetvalue", find<&PQgetvalue>},
    {"PQisBusy", find<&PQisBusy>},
    {"PQnfields", find<&PQnfields>},
    {"PQntuples", find<&PQntuples>},
    {"PQresStatus", find<&PQresStatus>},
    {"PQresultErrorField", find<&PQresultErrorField>},
    {"PQresultErrorMessage", find<&PQresultErrorMessage>},
    {"PQresultStatus", find<&PQresultStatus>},
    {"PQsendPrepare", find<&PQsendPrepare>},
    {"PQsendQueryParams", find<&PQsendQueryParams>},
    {"PQsendQueryPrepared", find<&PQsendQueryPrepared>},
    {"PQsetErrorVerbosity", find<&PQsetErrorVerbosity>},
    {"PQsetNoticeReceiver", find<&PQsetNoticeReceiver>},
    {"PQsetSingleRowMode", find<&PQsetSingleRowMode>},
    {"PQsetnonblocking", find<&PQsetnonblocking>},
    {"PQsocket", find<&PQsocket>},
    {"PQstatus", find<&PQstatus>},
    {"PQtransactionStatus", find<&PQtransactionStatus>},
};

}  // namespace

extern "C" {

void PQclear(PGresult* result) {
  return call<&PQclear>(result);
}
char* PQcmdTuples(PGresult* result) {
  return call<&PQcmdTuples>(result);
}
PostgresPollingStatusType PQconnectPoll(PGconn* connection) {
  return call<&PQconnectPoll>(connection);
}
PGconn* PQconnectStartParams(const char* const* keywords, const char* const* values, int expand) {
  return call<&PQconnectStartParams>(keywords, values, expand);
}
int PQconsumeInput(PGconn* connection) {
  return call<&PQconsumeInput>(connection);
}
char* PQerrorMessage(const PGconn* connection) {
  return call<&PQerrorMessage>(connection);
}
void PQfinish(PGconn* connection) {
  return call<&PQfinish>(connection);
}
int PQflush(PGconn* connection) {
  return call<&PQflush>(connection);
}
char* PQfname(const PGresult* result, int column) {
  return call<&PQfname>(result, column);
}
PGresult* PQgetResult(PGconn* connection) {
  return call<&PQgetResult>(connection);
}
int PQgetisnull(const PGresult* result, int row, int column) {
  return call<&PQgetisnull>(result, row, column);
}
int PQgetlength(const PGresult* result, int row, int column) {
  return call<&PQgetlength>(result, row, column);
}
char* PQgetvalue(const PGresult* result, int row, int column) {
  return call<&PQgetvalue>(result, row, column);
}
int PQisBusy(PGconn* connection) {
  return call<&PQisBusy>(connection);
}
int PQnfields(const PGresult* result) {
  return call<&PQnfields>(result);
}
int PQntuples(const PGresult* result) {
  return call<&PQntuples>(result);
}
char* PQresStatus(ExecStatusType status) {
  return call<&PQresStatus>(status);
}
char* PQresultErrorField(const PGresult* result, int field) {
  return call<&PQresultErrorField>(result, field);
}
char* PQresultErrorMessage(const PGresult* result) {
  return call<&PQresultErrorMessage>(result);
}
ExecStatusType PQresultStatus(const PGresult* result) {
  return call<&PQresultStatus>(result);
}
int PQsendPrepare(PGconn* connection, const char* name, const char* query, int count,
                  const Oid* types) {
  return call<&PQsendPrepare>(connection, name, query, count, types);
}
int PQsendQueryParams(PGconn* connection, const char* command, int count, const Oid* types,
                      const char* const* values, const int* lengths, const int* formats,
                      int result_format) {
  return call<&PQsendQueryParams>(connection, command, count, types, values, lengths, formats,
                                  result_format);
}
int PQsendQueryPrepared(PGconn* connection, const char* name, int count, const char* const* values,
                        const int* lengths, const int* formats, int result_format) {
  return call<&PQsendQueryPrepared>(connection, name, count, values, lengths, formats,
                                    result_format);
}
PGVerbosity PQsetErrorVerbosity(PGconn* connection, PGVerbosity verbosity) {
  return call<&PQsetErrorVerbosity>(connection, verbosity);
}
PQnoticeReceiver PQsetNoticeReceiver(PGconn* connection, PQnoticeReceiver receiver,
                                     void* argument) {
  return call<&PQsetNoticeReceiver>(connection, receiver, argument);
}
int PQsetSingleRowMode(PGconn* connection) {
  return call<&PQsetSingleRowMode>(connection);
}
int PQsetnonblocking(PGconn* connection, int on) {
  return call<&PQsetnonblocking>(connection, on);
}
int PQsocket(const PGconn* connection) {
  return call<&PQsocket>(connection);
}
ConnStatusType PQstatus(const PGconn* connection) {
  return call<&PQstatus>(connection);
}
PGTransactionStatusType PQtransactionStatus(const PGconn* connection) {
  return call<&PQtransactionStatus>(connection);
}

}  // extern "C"

namespace probes {

base::Result<> load_libpq() {
  static void* library = nullptr;
  if (library != nullptr) return {};
  void* const opened = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    return base::fail(base::Code::NotFound,
                      fmt::format("PostgreSQL's client library: {}", dlerror()));
  }
  for (const auto& [name, find_it] : kFunctions) {
    if (find_it(opened, name)) continue;
    dlclose(opened);
    return base::fail(base::Code::NotFound, fmt::format("libpq.so.5 has no {}", name));
  }
  library = opened;
  return {};
}

}  // namespace probes
