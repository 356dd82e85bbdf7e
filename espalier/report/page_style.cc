#include "espalier/report/page_style.h"

#include "espalier/report/theme.h"

namespace espalier {
namespace {

constexpr const char* kRules = R"(
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;color-scheme:light dark}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:27px;line-height:1.2;margin:0;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:20px;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
h3{font-size:13px;font-weight:600;color:var(--soft);margin:0 0 10px}
p{margin:0}
.sub{color:var(--soft);margin-top:6px;overflow-wrap:anywhere}
section{margin:0 0 36px}
.card{background:var(--paper);border:1px solid var(--edge);border-radius:10px;padding:18px 20px;min-width:0}
.grid{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px;margin-top:16px}
.wide{grid-column:1/-1}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:16px;margin-top:20px}
.tile b{display:block;font-size:32px;line-height:1.15;font-weight:650;letter-spacing:-.02em}
.tile span{display:block;color:var(--soft);font-size:13px}
.tile.chief{border-color:var(--line0)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{font-weight:600;color:var(--soft);font-size:12.5px;text-align:left;border-bottom:1px solid var(--rule);padding:0 14px 7px 0;vertical-align:bottom}
td{padding:6px 14px 6px 0;border-bottom:1px solid var(--grid);vertical-align:top}
tr:last-child td{border-bottom:0}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;white-space:nowrap}
.name{overflow-wrap:anywhere}
tr.best td{font-weight:600}
.classes td{padding-top:3px;padding-bottom:3px}
dl{display:grid;grid-template-columns:minmax(90px,auto) minmax(0,1fr);gap:5px 16px;margin:0;font-size:14px}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.6 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
ul{margin:0;padding-left:18px;font-size:14px}
li{overflow-wrap:anywhere}
svg{display:block;height:auto;max-width:100%}
.chart svg{width:100%}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:8px 0 0;padding:0;list-style:none;font-size:13px}
.legend i{display:inline-block;width:14px;height:3px;border-radius:2px;vertical-align:middle;margin-right:7px}
details{margin-top:18px}
summary{cursor:pointer;font-size:17px;font-weight:600;padding:6px 0;overflow-wrap:anywhere}
footer{margin-top:44px;color:var(--soft);font-size:12.5px}
@media(max-width:760px){
main{padding:24px 14px 40px}
h1{font-size:23px}
.grid{grid-template-columns:minmax(0,1fr);gap:12px}
.tiles{grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:10px}
.tile b{font-size:26px}
.card{padding:14px 14px}
.matrix svg{max-width:none}
.plan dl{grid-template-columns:minmax(0,1fr);gap:0}
.plan dd{margin-bottom:7px}
}
@media print{.card{break-inside:avoid}body{background:none}}
)";

}  // namespace

std::string page_css() {
  return theme_css() +
         ":root{--ground:#f6f7f9;--edge:#e3e7ec}\n@media(prefers-color-scheme:dark){:root{--ground:#0e1115;--edge:#262d36}}" +
         kRules;
}

}  // namespace espalier
