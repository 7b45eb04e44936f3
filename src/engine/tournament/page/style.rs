//! How the page looks, by day and by night.

/// The style sheet. A cell of the heat map says its score in `--win` or `--loss`; the counts stand in the cell, so that nothing
/// rests on a colour alone.
pub const STYLE: &str = "\
:root{--ink:#222;--faint:#666;--paper:#fdfdfb;--rule:#ddd;--grid:#e6e6e1;--mark:#3573a8;--pro:#3573a8;--con:#b5532a}\
body{font:16px/1.5 Georgia,serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--paper)}\
h1{line-height:1.2;overflow-wrap:anywhere;margin-bottom:.3rem}h2{margin:2.8rem 0 .6rem}h3{margin:1.6rem 0 .4rem}\
h4{margin:1.4rem 0 .3rem}.facts,.key,.cost,.cite{color:var(--faint);font-size:.9rem;margin:.2rem 0}p{overflow-wrap:anywhere}\
.says{border-left:.3rem solid var(--mark);padding-left:.8rem}ul.cautions{border-left:.3rem solid var(--con);padding:.1rem 0 .1rem 2rem}\
.wide{overflow-x:auto}table{border-collapse:collapse;margin:.8rem 0;font:.85rem/1.35 system-ui,sans-serif}\
td,th{padding:.25rem .45rem;text-align:right;border-bottom:1px solid var(--rule);font-variant-numeric:tabular-nums;white-space:nowrap}\
th{font-weight:600;color:var(--faint);vertical-align:bottom}td.name,th.name{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:9rem}\
.version{display:block;color:var(--faint);font:.75rem ui-monospace,monospace}td.plot,th.plot{padding:0 .4rem;line-height:0}\
tr.total td{border-top:2px solid var(--rule);font-weight:600}.heat td,.heat th{text-align:center;min-width:2.2rem}\
.heat td.name{text-align:left;min-width:9rem}.heat td.none{color:var(--faint)}\
.heat td.ahead{background:color-mix(in srgb,var(--pro) var(--share),transparent)}\
.heat td.behind{background:color-mix(in srgb,var(--con) var(--share),transparent)}\
svg{font:10px system-ui,sans-serif;fill:var(--faint)}.grid{stroke:var(--grid)}\
.range{stroke:var(--mark);stroke-width:2;fill:none}.rating{fill:var(--mark)}\
details,.row{border-bottom:1px solid var(--rule);padding:.35rem 0}details[open]{padding-bottom:1rem}summary{cursor:pointer}\
.number{color:var(--faint);font:.85rem system-ui,sans-serif}.result{color:var(--faint)}.row{padding-left:1.1rem}\
.transcript{margin:.4rem 0 0 1.1rem;max-width:46rem}.transcript p,.transcript li{white-space:pre-wrap}\
.transcript td:first-child,.transcript th:first-child{text-align:left}\
@media(prefers-color-scheme:dark){:root{--ink:#ddd;--faint:#9a9a9a;--paper:#181818;--rule:#3a3a3a;--grid:#2b2b2b;--mark:#79b4e3;\
--pro:#4d8fc4;--con:#c4683d}}\
@media print{body{max-width:none}details{break-inside:avoid}}";
