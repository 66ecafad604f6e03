"""The script of real-user metrics in a real browser: a page that the application serves through the sidecar, and that loads the
script from there, is looked at, clicked, and left; its Core Web Vitals have arrived then, and they are those of what was done."""
import json
import unittest

import devtools
from peers import PATIENCE, Case, ok

PAGE = b"""<!doctype html><html><head><title>shop</title><link rel="icon" href="data:,">
<script src="/muster/rum.js"></script><script src="/page.js" defer></script>
<link rel="stylesheet" href="/page.css"></head>
<body><div id="late"></div><h1>A heading that is the largest thing on the page</h1><button id="buy">Buy</button><p id="said"></p></body></html>"""
STYLE = b"h1 { font-size: 60px } button { display: block; width: 300px; height: 100px }"
# What arrives late pushes the page down; a click takes its time.
BUSY_MILLIS = 120
PUSHED = 200
SCRIPT = b"""addEventListener("load", function () {
  setTimeout(function () { document.getElementById("late").style.height = "%dpx"; window.shifted = true; }, 300);
});
document.getElementById("buy").addEventListener("click", function () {
  var until = performance.now() + %d;
  while (performance.now() < until) {}
  document.getElementById("said").textContent = "bought";
  window.bought = true;
});""" % (PUSHED, BUSY_MILLIS)
TYPES = {"/": (PAGE, b"text/html"), "/page.css": (STYLE, b"text/css"), "/page.js": (SCRIPT, b"text/javascript"), "/left": (b"<p>left</p>", b"text/html")}
# Two frames: what was done is painted, and its entry told.
PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 50))))"


def shop(peer, application):
    while True:
        head = peer.head()
        application.requests.append(head)
        path = head.start.split()[1]
        body, kind = TYPES.get(path, (b"", b"text/plain"))
        peer.send(ok(body, b"Content-Type: " + kind, b"Cache-Control: no-store"))


@unittest.skipUnless(devtools.PROGRAM, "no browser: ci/deps.sh browser")
class RealBrowser(Case):
    def setUp(self):
        self.app = self.application(shop)
        self.front = self.sidecar(self.app, "--rum-path", "/muster/rum")
        self.browser = devtools.Browser()
        self.addCleanup(self.browser.close)

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.front.port}{path}"

    def told(self):
        """{name: metric} of what browsers have sent."""
        return {one["name"]: one for one in json.loads(self.front.admin("/api/monitoring/browsers")[1])["metrics"]}

    def until_told(self, name, count=1):
        self.front.until_metric(f'rum_values_total{{kind="vital",name="{name}"}}', count)
        return self.told()

    def test_1_a_page_that_is_used_tells_all_its_vitals(self):
        self.browser.go(self.url())
        self.assertTrue(self.browser.value("!!window.musterRum"), "the script is not there")
        self.browser.until_true("window.shifted")
        self.assertTrue(self.browser.value(PAINTED))
        # What the browser itself says of the shift, and where the button is now.
        x, y = self.browser.value("(r => [r.x + r.width / 2, r.y + r.height / 2])(document.getElementById('buy').getBoundingClientRect())")
        self.browser.click(x, y)
        self.browser.until_true("window.bought")
        self.assertTrue(self.browser.value(PAINTED))
        expected = self.browser.value("""(function () {
          var page = performance.getEntriesByType("navigation")[0];
          return { FCP: performance.getEntriesByName("first-contentful-paint")[0].startTime, TTFB: page.responseStart, page: page.loadEventEnd };
        })()""")
        self.assertEqual(self.told(), {}, "told before the page was left")
        self.browser.go(self.url("/left"))
        told = self.until_told("LCP")
        self.assertEqual(set(told), {"LCP", "FCP", "CLS", "INP", "TTFB", "page"})
        for name, value in expected.items():
            self.assertAlmostEqual(told[name]["max"], value, delta=1, msg=name)
        self.assertGreaterEqual(told["LCP"]["max"], told["FCP"]["max"])
        self.assertGreaterEqual(told["FCP"]["max"], told["TTFB"]["max"])
        self.assertGreaterEqual(told["INP"]["max"], BUSY_MILLIS)
        self.assertLess(told["INP"]["max"], PATIENCE * 1000)
        # So much of the page was pushed so far: no more than all of it by a quarter of the window.
        self.assertGreater(told["CLS"]["max"], 0.01)
        self.assertLess(told["CLS"]["max"], PUSHED / 800)
        self.assertEqual(self.front.figure("rum_refused_values_total"), 0)
        self.assertNotIn("POST", {head.start.split()[0] for head in self.app.requests}, "the application has seen it")

    def test_2_one_that_is_only_looked_at_has_no_input(self):
        self.browser.go(self.url())
        self.assertTrue(self.browser.value(PAINTED))
        self.browser.go(self.url("/left"))
        told = self.until_told("LCP")
        self.assertEqual(set(told), {"LCP", "FCP", "CLS", "TTFB", "page"})

    def test_3_each_page_once(self):
        for count in (1, 2, 3):
            self.browser.go(self.url())
            self.assertTrue(self.browser.value(PAINTED))
            self.browser.go(self.url("/left"))
            self.assertEqual(self.until_told("FCP", count)["FCP"]["count"], count)


if __name__ == "__main__":
    unittest.main(verbosity=2)
