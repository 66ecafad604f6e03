// The script that pages include: it measures the Core Web Vitals of one page view, takes timings of
// the application's own, and posts all of it once, by sendBeacon, when the page is hidden.
//
//   <script src="/muster/rum.js" async></script>
//   musterRum.timing("cart/load", "api", 612)   kinds: api, render, operation, pageLoad
//
// It posts to its own address without ".js", so that it works wherever it is served from. Source:
// w3c.github.io: event-timing, largest-contentful-paint, layout-instability, paint-timing,
// navigation-timing; web.dev/articles/{lcp,inp,cls} for what is counted.
#pragma once

#include <string_view>

namespace sidecar {

std::string_view rum_script();

}  // namespace sidecar
