// Reports as a real drill would leave them, for the tests of every rendering.
#pragma once

#include "drill/report.h"

namespace sample {

/// A quick database failover: objectives met, one criterion missed, four acknowledged writes lost.
drill::Report database_failover();
/// The service never came back: infinite upper bounds, steps that failed.
drill::Report not_recovered();
/// Of an application, whose plan asks for no RPO.
drill::Report without_rpo();
/// The same failover seen from two places, one of which cannot decide.
drill::Report two_vantages();
/// Nothing happened and nothing was measured: as empty as a report can be.
drill::Report empty();
/// Every text is hostile: markup, quotes, control characters, invalid UTF-8, very long words.
drill::Report hostile();

}  // namespace sample
