// The words for every enumerator: reports, metrics, JSON and tests all use these.
#include "drill/evidence.h"
#include "drill/evidence_words.h"
#include "drill/record.h"

namespace drill {

std::string vantage_name(std::size_t vantage) {
  if (vantage >= kVantagesMax) return "?";
  return std::string(1, static_cast<char>('a' + vantage));
}

const char* name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: return "ok";
    case Outcome::Fail: return "fail";
    case Outcome::Info: return "info";
  }
  return "?";
}

const char* name(Cause cause) {
  switch (cause) {
    case Cause::None: return "None";
    case Cause::Refused: return "Refused";
    case Cause::Unreachable: return "Unreachable";
    case Cause::ConnectTimeout: return "ConnectTimeout";
    case Cause::Reset: return "Reset";
    case Cause::Timeout: return "Timeout";
    case Cause::ReadOnly: return "ReadOnly";
    case Cause::Rejected: return "Rejected";
    case Cause::Unavailable: return "Unavailable";
    case Cause::Protocol: return "Protocol";
    case Cause::Tls: return "Tls";
    case Cause::Blocked: return "Blocked";
    case Cause::NotSent: return "NotSent";
    case Cause::SyncCancelled: return "SyncCancelled";
    case Cause::Stopped: return "Stopped";
  }
  return "?";
}

const char* name(StreamKind kind) {
  switch (kind) {
    case StreamKind::ServiceNew: return "ServiceNew";
    case StreamKind::ServiceOpen: return "ServiceOpen";
    case StreamKind::PinnedOpen: return "PinnedOpen";
    case StreamKind::PinnedNew: return "PinnedNew";
    case StreamKind::ReadService: return "ReadService";
    case StreamKind::ReadPinned: return "ReadPinned";
    case StreamKind::Ledger: return "Ledger";
    case StreamKind::LedgerPinned: return "LedgerPinned";
    case StreamKind::Reference: return "Reference";
    case StreamKind::Control: return "Control";
    case StreamKind::Capacity: return "Capacity";
    case StreamKind::Session: return "Session";
    case StreamKind::Feature: return "Feature";
    case StreamKind::Names: return "Names";
  }
  return "?";
}

const char* name(Phase phase) {
  switch (phase) {
    case Phase::Preflight: return "Preflight";
    case Phase::Baseline: return "Baseline";
    case Phase::Injection: return "Injection";
    case Phase::Recovery: return "Recovery";
    case Phase::Validation: return "Validation";
    case Phase::Failback: return "Failback";
    case Phase::Reporting: return "Reporting";
  }
  return "?";
}

const char* name(SystemState state) {
  switch (state) {
    case SystemState::Normal: return "Normal";
    case SystemState::Degraded: return "Degraded";
    case SystemState::FailoverInProgress: return "FailoverInProgress";
    case SystemState::DisasterRecoveryActive: return "DisasterRecoveryActive";
    case SystemState::RecoveryInProgress: return "RecoveryInProgress";
  }
  return "?";
}

const char* name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Met: return "Met";
    case Verdict::Inconclusive: return "Inconclusive";
    case Verdict::Missed: return "Missed";
    case Verdict::Invalid: return "Invalid";
  }
  return "?";
}

Verdict worse(Verdict a, Verdict b) {
  return a < b ? b : a;
}

const char* name(Ending ending) {
  switch (ending) {
    case Ending::Completed: return "Completed";
    case Ending::Aborted: return "Aborted";
    case Ending::NotRecovered: return "NotRecovered";
    case Ending::FaultNotProven: return "FaultNotProven";
    case Ending::NoSteadyState: return "NoSteadyState";
    case Ending::SetupFailed: return "SetupFailed";
    case Ending::NotWhole: return "NotWhole";
  }
  return "?";
}

const char* name(TimelineEvent::Kind kind) {
  using Kind = TimelineEvent::Kind;
  switch (kind) {
    case Kind::PhaseBegan: return "PhaseBegan";
    case Kind::StateChanged: return "StateChanged";
    case Kind::FaultBegun: return "FaultBegun";
    case Kind::FaultProven: return "FaultProven";
    case Kind::StepBegan: return "StepBegan";
    case Kind::StepDone: return "StepDone";
    case Kind::StepFailed: return "StepFailed";
    case Kind::RestoreBegan: return "RestoreBegan";
    case Kind::RestoreDone: return "RestoreDone";
    case Kind::RestoreFailed: return "RestoreFailed";
    case Kind::FinalRead: return "FinalRead";
    case Kind::Promoted: return "Promoted";
    case Kind::RedundancyRestored: return "RedundancyRestored";
    case Kind::Note: return "Note";
    case Kind::Warning: return "Warning";
  }
  return "?";
}

const char* name(FinalRead::Which which) {
  switch (which) {
    case FinalRead::Which::Survivor: return "Survivor";
    case FinalRead::Which::OldPrimary: return "OldPrimary";
    case FinalRead::Which::Rejoined: return "Rejoined";
  }
  return "?";
}

const char* name(ReferenceOutage::Kind kind) {
  switch (kind) {
    case ReferenceOutage::Kind::Refuse: return "Refuse";
    case ReferenceOutage::Kind::Hang: return "Hang";
  }
  return "?";
}

}  // namespace drill
