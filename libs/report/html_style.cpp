#include "report/html_style.h"

namespace report {
namespace {

constexpr const char* kStyle = R"css(
:root{color-scheme:light dark;--bg:#fff;--panel:#f6f7f9;--ink:#1b2028;--dim:#5c6675;--line:#dde1e7;
--met:#18794e;--missed:#c62a2f;--inconclusive:#946100;--invalid:#7a3fa0;--metbg:#e4f4ea;
--missedbg:#fdeaea;--inconclusivebg:#fdf3d8;--invalidbg:#f5eafa;--good:#7cc5a0;--bad:#e5484d;
--warn:#f0b44c;--late:#d9dd76;--calm:#b9cdf0;--hot:#f3b8a0;--side:#d8dce3;--step:#8fa9dc;
--blkink:#14181f;--blue:#2f62c9;--allowed:#dcefe4}
@media (prefers-color-scheme:dark){:root{--bg:#12151b;--panel:#1b2029;--ink:#e4e8ee;--dim:#98a3b3;
--line:#2e3541;--met:#4cc38a;--missed:#ff7b7f;--inconclusive:#f0b44c;--invalid:#cf91ea;
--metbg:#133222;--missedbg:#3d1719;--inconclusivebg:#362808;--invalidbg:#2f1a3a;--good:#2f8a5f;
--bad:#d13d42;--warn:#b97f17;--late:#8c8f2c;--calm:#34508a;--hot:#8a4a30;--side:#3a424f;
--step:#41609f;--blkink:#f2f4f7;--blue:#7ea6f5;--allowed:#1a3a2a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"Liberation Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:1000px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:28px;line-height:1.2;margin:2px 0 6px;letter-spacing:-.01em}
h2{font-size:18px;margin:36px 0 8px;padding-top:14px;border-top:1px solid var(--line)}
h3{font-size:15px;margin:18px 0 4px}
p{margin:4px 0 8px}
.eyebrow{color:var(--dim);font-size:13px;letter-spacing:.04em}
.muted,figcaption span{color:var(--dim)}
.head{display:flex;gap:20px;justify-content:space-between;align-items:flex-start;flex-wrap:wrap}
.head>div:first-child{flex:1 1 420px;min-width:0}
.verdict{font-weight:700;border-radius:10px;padding:10px 18px;font-size:20px;white-space:nowrap}
.verdict small{display:block;font-weight:400;font-size:12.5px}
.tag{font-weight:600;border-radius:5px;padding:1px 7px;font-size:13px;white-space:nowrap}
.met.verdict,.met.tag{background:var(--metbg);color:var(--met)}
.missed.verdict,.missed.tag{background:var(--missedbg);color:var(--missed)}
.inconclusive.verdict,.inconclusive.tag{background:var(--inconclusivebg);color:var(--inconclusive)}
.invalid.verdict,.invalid.tag{background:var(--invalidbg);color:var(--invalid)}
.why{margin:12px 0 0;padding:0 0 0 20px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:12px;margin:18px 0 0}
.cards.two{grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr))}
.card{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:12px 14px;
min-width:0}
.card .k{color:var(--dim);font-size:13px;display:flex;justify-content:space-between;gap:8px}
.card .v{font-size:22px;font-weight:650;letter-spacing:-.01em;margin:2px 0}
.card p{font-size:13.5px;margin:4px 0 0}
dl.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 14px;margin:10px 0 0;
font-size:14px}
dl.facts dt{color:var(--dim)}dl.facts dd{margin:0}
table{border-collapse:collapse;width:100%;font-size:14px;margin:8px 0}
th{text-align:left;font-weight:600;color:var(--dim);font-size:12.5px;border-bottom:1px solid var(--line);
padding:4px 14px 4px 0;vertical-align:bottom}
td{padding:5px 14px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
td,th{overflow-wrap:break-word}td:last-child{overflow-wrap:anywhere;min-width:60px}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.scroll{overflow-x:auto}
td:last-child,th:last-child{padding-right:0}
code,pre{font:12.5px/1.5 ui-monospace,"SFMono-Regular",Menlo,"DejaVu Sans Mono",monospace}
pre{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px 12px;margin:8px 0;
white-space:pre-wrap}
figure{margin:8px 0 18px;min-width:0}figcaption{font-size:13.5px;margin-bottom:4px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:4px 28px}
summary{cursor:pointer;color:var(--dim);font-size:13.5px;margin:6px 0}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:13px;color:var(--dim);margin:2px 0 8px}
.legend svg{vertical-align:-1px;margin-right:5px}
svg.plot{display:block;overflow:hidden}
svg text{font:11.5px system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans","DejaVu Sans",sans-serif;
fill:var(--ink)}
svg text.tick{fill:var(--dim);font-size:11px}svg text.cap{fill:var(--dim);font-size:12px}
svg .strong{fill:var(--ink);font-weight:600}
svg text.halo,svg text.cap{paint-order:stroke;stroke:var(--bg);stroke-width:4px}
svg text.in{fill:var(--blkink)}
.grid{stroke:var(--line)}
.blk rect{fill:var(--side)}.blk.good rect{fill:var(--good)}.blk.bad rect{fill:var(--bad)}
.blk.warn rect{fill:var(--warn)}.blk.late rect{fill:var(--late)}.blk.calm rect{fill:var(--calm)}
.blk.hot rect{fill:var(--hot)}.blk.step rect{fill:var(--step)}
.blk.none rect{fill:none;stroke:var(--line);stroke-dasharray:3 3}
.blk.bad text.in{fill:#fff}
svg.blk{stroke:var(--bg);stroke-width:.5px}svg.blk text{stroke:none}
.track{fill:var(--line)}.allowed{fill:var(--allowed)}
.fill{fill:var(--blue)}.fill.met{fill:var(--met)}.fill.missed{fill:var(--missed)}
.fill.inconclusive{fill:var(--inconclusive)}.fill.invalid{fill:var(--invalid)}.fill.soft{opacity:.5}
.goal{stroke:var(--ink);stroke-width:2}
.moment{stroke:var(--missed);stroke-width:1.5;stroke-dasharray:4 3}.moment.back{stroke:var(--met)}
.dot{fill:var(--blue);stroke:var(--bg);stroke-width:1.5}.dot.bad{fill:var(--bad)}
.dot.warn{fill:var(--warn)}.dot.good{fill:var(--met)}
.curve{fill:none;stroke:var(--blue);stroke-width:1.8;vector-effect:non-scaling-stroke;
stroke-linejoin:round}
.curve.p95{stroke-width:1.1;opacity:.75}.curve.max{stroke:var(--dim);stroke-width:.8;opacity:.7}
.badband{fill:var(--bad);opacity:.28}.limit{stroke:var(--inconclusive);stroke-dasharray:2 3}
.kept{fill:var(--blue);opacity:.75}.unknown{fill:var(--warn)}.failed{fill:var(--dim);opacity:.55}
.lost{fill:var(--missed)}svg .lostword{fill:var(--missed)}path.kept,path.failed{shape-rendering:crispEdges}
footer{margin-top:36px;padding-top:12px;border-top:1px solid var(--line);color:var(--dim);font-size:13px}
@media (max-width:640px){main{padding:16px 14px 32px}h1{font-size:23px}svg .wide{display:none}
dl.facts{grid-template-columns:minmax(0,1fr)}dl.facts dd{margin-bottom:5px}
table,tbody,tr,td{display:block;width:100%}thead{display:none}
tr{border:1px solid var(--line);border-radius:8px;margin:8px 0;padding:6px 10px}
td,td.n{border:0;text-align:left;white-space:normal;overflow-wrap:anywhere;padding:2px 0;display:grid;
grid-template-columns:minmax(92px,34%) minmax(0,1fr);gap:10px}
td::before{content:attr(data-label);color:var(--dim);font-size:12.5px}td:empty{display:none}
td>*{grid-column:2}td>.tag,td>svg{justify-self:start}td:first-child{font-weight:600}}
@page{size:A4;margin:14mm}
@media print{:root{color-scheme:light;--bg:#fff;--panel:#f6f7f9;--ink:#1b2028;--dim:#4c5563;
--line:#d3d8df;--met:#18794e;--missed:#c62a2f;--inconclusive:#946100;--invalid:#7a3fa0;
--metbg:#e4f4ea;--missedbg:#fdeaea;--inconclusivebg:#fdf3d8;--invalidbg:#f5eafa;--good:#7cc5a0;
--bad:#e5484d;--warn:#f0b44c;--late:#d9dd76;--calm:#b9cdf0;--hot:#f3b8a0;--side:#d8dce3;
--step:#8fa9dc;--blkink:#14181f;--blue:#2f62c9;--allowed:#dcefe4}
body{font-size:12.5px}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}h2{margin-top:22px;break-after:avoid}table{font-size:11.5px}
tr,figure,.card,li{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}h2+p,.legend{break-after:avoid}svg.plot{break-inside:avoid}
td:last-child{min-width:105px}td,td.n{padding-right:8px;white-space:normal}td.n{overflow-wrap:normal}th{white-space:normal}
.cards{grid-template-columns:repeat(4,1fr)}.cards.two,.pair{grid-template-columns:1fr 1fr}
.verdict{padding:6px 12px}h1{font-size:22px}.card .v{font-size:18px}a{color:inherit}}
)css";

}  // namespace

const char* style_sheet() {
  return kStyle;
}

}  // namespace report
