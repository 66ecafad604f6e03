#include "sidecar/rum_script.h"

namespace sidecar {

namespace {

constexpr std::string_view kScript = R"js((function () {
  "use strict";
  if (window.musterRum) return;
  var self = document.currentScript;
  var target = self && self.src ? self.src.split(/[?#]/)[0].replace(/\.js$/, "") : "";
  var own = [], sent = false;
  var largest = -1, first = -1, shift = 0;

  function known(type) {
    var types = window.PerformanceObserver && PerformanceObserver.supportedEntryTypes;
    return !!types && types.indexOf(type) >= 0;
  }
  function watch(type, each, options) {
    try {
      if (!known(type)) return;
      new PerformanceObserver(function (list) { list.getEntries().forEach(each); })
        .observe(Object.assign({ type: type, buffered: true }, options));
    } catch (error) { /* an old browser measures less */ }
  }

  // The page's start: of one that was rendered ahead, when it was shown.
  var page = performance.getEntriesByType ? performance.getEntriesByType("navigation")[0] : null;
  var start = page && page.activationStart ? page.activationStart : 0;
  function since(time) { return Math.max(time - start, 0); }

  var hiddenAt = document.visibilityState === "hidden" ? 0 : Infinity;
  var touched = Infinity; // the first input: what is painted after it is the user's doing
  ["keydown", "pointerdown"].forEach(function (type) {
    addEventListener(type, function (event) { touched = Math.min(touched, event.timeStamp); },
      { once: true, capture: true, passive: true });
  });
  watch("largest-contentful-paint", function (entry) {
    if (entry.startTime < Math.min(hiddenAt, touched)) largest = since(entry.startTime);
  });
  watch("paint", function (entry) {
    if (entry.name === "first-contentful-paint" && entry.startTime < hiddenAt) {
      first = since(entry.startTime);
    }
  });

  // Shifts less than a second apart, of five seconds at most, are one; the worst counts.
  var row = 0, rowBegan = 0, rowLast = 0;
  watch("layout-shift", function (entry) {
    if (entry.hadRecentInput) return;
    if (row > 0 && entry.startTime - rowLast < 1000 && entry.startTime - rowBegan < 5000) {
      row += entry.value;
    } else {
      row = entry.value;
      rowBegan = entry.startTime;
    }
    rowLast = entry.startTime;
    shift = Math.max(shift, row);
  });

  // The slowest interaction, but for one in fifty.
  var slowest = [], interactions = {}, count = 0;
  watch("event", function (entry) {
    if (!entry.interactionId) return;
    if (!(entry.interactionId in interactions) && ++count > 1000) return;
    var before = interactions[entry.interactionId] || 0;
    interactions[entry.interactionId] = Math.max(before, entry.duration);
    slowest = Object.keys(interactions).map(function (id) { return interactions[id]; })
      .sort(function (a, b) { return b - a; }).slice(0, 10);
  }, { durationThreshold: 40 });

  function timing(name, kind, milliseconds) {
    if (own.length < 80) own.push({ name: String(name), kind: String(kind), value: +milliseconds });
  }

  function measured() {
    var out = own.slice();
    function add(name, value) { if (value >= 0) out.push({ name: name, value: value }); }
    add("LCP", largest);
    add("FCP", first);
    if (known("layout-shift")) add("CLS", shift);
    if (slowest.length) add("INP", slowest[Math.min(slowest.length - 1, Math.floor(count / 50))]);
    if (page && page.responseStart > 0) {
      add("TTFB", since(page.responseStart));
      if (page.loadEventEnd > 0) {
        out.push({ name: "page", kind: "pageLoad", value: since(page.loadEventEnd) });
      }
    }
    return out;
  }

  function send() {
    if (sent || !target) return;
    var metrics = measured();
    if (!metrics.length) return;
    sent = true;
    // Plain text needs no preflight where the page is of another origin.
    var body = JSON.stringify({ metrics: metrics });
    if (navigator.sendBeacon) {
      navigator.sendBeacon(target, new Blob([body], { type: "text/plain" }));
    } else {
      fetch(target, { method: "POST", body: body, keepalive: true, credentials: "omit" });
    }
  }

  addEventListener("visibilitychange", function () {
    if (document.visibilityState !== "hidden") return;
    hiddenAt = Math.min(hiddenAt, performance.now());
    send();
  }, true);
  addEventListener("pagehide", send, true);
  window.musterRum = { timing: timing, send: send };
})();
)js";

}  // namespace

std::string_view rum_script() {
  return kScript;
}

}  // namespace sidecar
