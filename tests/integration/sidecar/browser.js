// As much of a browser as the sidecar's script asks for, under node: reads the script from stdin, lets a page live, and prints
// what was posted. Entries are those of the specifications, with the traps that a measurement may fall into.
"use strict";
const vm = require("vm");
const source = require("fs").readFileSync(0, "utf8");

const listeners = {};
const observers = [];
const entries = {
  paint: [{ name: "first-paint", startTime: 700 }, { name: "first-contentful-paint", startTime: 800 }],
  "largest-contentful-paint": [{ startTime: 900 }, { startTime: 1500 }],
  // 0.1 and 0.15 within a second are one row; the user's own doing and a later, smaller row do not count.
  "layout-shift": [
    { startTime: 1000, value: 0.1, hadRecentInput: false },
    { startTime: 1900, value: 0.15, hadRecentInput: false },
    { startTime: 2000, value: 0.9, hadRecentInput: true },
    { startTime: 9000, value: 0.2, hadRecentInput: false },
  ],
  event: [
    { interactionId: 0, duration: 5000 }, // no interaction
    { interactionId: 1, duration: 64 },
    { interactionId: 2, duration: 240 },
    { interactionId: 2, duration: 80 }, // of the same one, quicker
  ],
};
const sent = [];
class PerformanceObserver {
  constructor(callback) { this.callback = callback; }
  observe(options) {
    if (!options.buffered) throw new Error("what came before the script is lost");
    observers.push([options.type, this.callback]);
    this.callback({ getEntries: () => entries[options.type] });
  }
}
PerformanceObserver.supportedEntryTypes = Object.keys(entries);

const window = {
  PerformanceObserver,
  Blob: class { constructor(parts, options) { this.text = parts.join(""); this.type = options.type; } },
  addEventListener: (type, listener) => { (listeners[type] = listeners[type] || []).push(listener); },
  document: { visibilityState: "visible", currentScript: { src: "https://shop.example/muster/rum.js?v=1" } },
  navigator: { sendBeacon: (url, blob) => { sent.push({ url, type: blob.type, body: blob.text }); return true; } },
  performance: {
    now: () => 10000,
    getEntriesByType: (type) => (type === "navigation" ? [{ activationStart: 0, responseStart: 120, loadEventEnd: 2100 }] : []),
  },
};
window.window = window;
vm.runInNewContext(source, window);

window.musterRum.timing("cart", "api", 612);
const tell = (type, event) => (listeners[type] || []).forEach((listener) => listener(event || {}));
tell("keydown", { timeStamp: 3000 });
// Painted after the first input: none of the page's doing.
observers.filter(([type]) => type === "largest-contentful-paint").forEach(([, callback]) => callback({ getEntries: () => [{ startTime: 4000 }] }));
window.document.visibilityState = "hidden";
tell("visibilitychange");
tell("pagehide");
process.stdout.write(JSON.stringify(sent));
