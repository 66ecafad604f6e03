// Which kubelets are asked for which pods' figures, when, and what sidecars are answered. Pure;
// operator/pod_figures_server.h carries it out. Why so: docs/adr/0024.
//
// A sidecar asks for its pod by name. That makes the pod wanted for a minute: it is looked up once,
// to know its node, its limits and that it has a sidecar at all, and the kubelet of that node is
// asked every ten seconds, once for all pods there that are wanted. So nobody is asked for a node
// without sidecars that ask, and nothing is kept of pods that do not. Any replica answers alone.
//
// Nothing old is answered: when a kubelet stops to answer, so do we, with its reason. What it says
// is passed on with its own times, by which the sidecar tells how old it is.
//
// Only a pod itself is answered, which is known by its address. Whoever else asks for it is told
// the same, at the same time, as if there were none, and makes nothing wanted.
//
// Anybody can ask, for names that nobody has. Names that were not found are kept apart from pods
// that were, a few for each address: who invents them is told to come again, and takes a pod's
// place neither here nor, by the order in which things fell due, in the work.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kube/key.h"
#include "operator/pod_figures.h"

namespace op {

class FiguresBook {
 public:
  static constexpr base::Duration kWanted = base::seconds(60);    // by one question
  static constexpr base::Duration kPodEvery = base::seconds(60);  // it may be another one by then
  static constexpr base::Duration kAgain = base::seconds(10);     // for kubelets, and after failure
  static constexpr base::Duration kSeldom = base::seconds(80);    // after one failure upon another
  static constexpr std::size_t kPodsMax = 20'000;                 // that were found
  static constexpr std::size_t kNamesMax = 4096;                  // that were not, of all clients
  static constexpr std::size_t kNamesOfClientMax = 4;

  /// `anybody`: whoever asks is answered, where pods' addresses do not come through.
  explicit FiguresBook(bool anybody = false) : anybody_(anybody) {}

  struct Answer {
    unsigned status = 0;  // 200; 202: come again soon; 404; 503 with the reason
    std::string body;     // JSON
  };
  /// `client`: the address that asks.
  Answer ask(const kube::Key& pod, const std::string& client, base::TimePoint now);

  /// Who asked for what; of a pod that was found already: nobody.
  struct Asked {
    std::string client;
    kube::Key pod;
    auto operator<=>(const Asked&) const = default;
  };
  struct Room {
    std::size_t pods = 0, hosts = 0;
  };
  struct Work {
    std::vector<Asked> pods;         // to be looked up
    std::vector<std::string> hosts;  // whose kubelets are to be asked
  };
  /// What fell due first, as far as there is room, and is under way from now on until found() or
  /// read() is told. Forgets what nobody wants any more.
  Work due(base::TimePoint now, const Room& room);
  void found(const Asked& asked, const base::Result<FiguresPod>& seen, base::TimePoint now);
  void read(const std::string& host, const base::Result<SummaryPods>& summary, base::TimePoint now);

  std::size_t pods() const { return pods_.size(); }
  std::size_t names() const { return names_.size(); }
  std::size_t hosts() const { return hosts_.size(); }

 private:
  /// When something is asked for next.
  struct Turn {
    base::TimePoint at{};
    unsigned failures = 0;  // in a row
    bool busy = false;

    void succeeded(base::TimePoint next);
    void failed(base::TimePoint now);
  };
  struct Name {
    base::TimePoint wanted_until{};
    Turn turn{};
    Answer answer{};
  };
  struct Pod {
    base::TimePoint wanted_until{};
    Turn turn{};
    FiguresPod seen{};
    Answer answer{};
  };
  struct Candidate {
    const std::string* client;
    const kube::Key* pod;
    Turn* turn;
  };
  using Names = std::map<Asked, Name>;

  bool may_know(const FiguresPod& pod, const std::string& client) const;
  Answer ask_by_name(Asked asked, base::TimePoint now);
  bool make_room_for(const std::string& client);
  bool drop_an_answered(Names::iterator from, Names::iterator to);
  std::vector<Asked> pods_due(base::TimePoint now, std::size_t most);
  std::vector<std::string> hosts_due(base::TimePoint now, std::size_t most);
  void found_name(Names::iterator at, const base::Result<FiguresPod>& seen, base::TimePoint now);
  void renew(Pod& pod, const FiguresPod& seen, base::TimePoint now);
  void forget(base::TimePoint now);

  bool anybody_;
  std::map<kube::Key, Pod> pods_;
  Names names_;
  std::map<std::string, Turn> hosts_;
};

}  // namespace op
