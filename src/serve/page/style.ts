// The pages' style sheet: system fonts, a light and a dark scheme, narrow and wide screens.

/** The text of /-/page.css. */
export const style = `
:root {
  color-scheme: light dark;
  --background: #fbfaf7; --raised: #ffffff; --ink: #1f2328; --quiet: #5a6068; --line: #e2dfd7; --strong: #c9c5ba;
  --accent: #0b5f58; --tint: #e6f0ee; --code: #f3f1eb; --warn: #8a4b08; --focus: #0b5f58;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: #15181b; --raised: #1b1f23; --ink: #e4e6e3; --quiet: #9aa3a9; --line: #2b3136; --strong: #454d54;
    --accent: #74cfc3; --tint: #1c2f2e; --code: #1f2428; --warn: #e0a458; --focus: #74cfc3;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--background); color: var(--ink); font: 15px/1.55 var(--sans); }
a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: 1px; text-decoration-color: color-mix(in srgb, currentColor 35%, transparent); }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -99rem; top: 0; background: var(--raised); padding: .6rem 1rem; z-index: 2; }
.skip:focus { left: 0; }
.wrap { max-width: 74rem; margin: 0 auto; padding: 0 1.5rem; }
.top { border-bottom: 1px solid var(--line); }
.top .wrap { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem 1.6rem; padding-top: .8rem; padding-bottom: .8rem; }
.brand { font-weight: 650; letter-spacing: .01em; color: var(--ink); text-decoration: none; }
.top nav ul { display: flex; flex-wrap: wrap; gap: 0 1.3rem; list-style: none; margin: 0; padding: 0; }
.top nav a { text-decoration: none; color: var(--quiet); padding: .15rem 0; }
.top nav a:hover { color: var(--accent); }
.top nav a[aria-current] { color: var(--ink); box-shadow: 0 1.5px 0 var(--accent); }
.language { margin-left: auto; }
h1, h2, h3 { font-weight: 620; line-height: 1.2; letter-spacing: -.012em; }
h1 { font-size: 2rem; margin: 2.4rem 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.8rem 0 .7rem; }
h1.path { font-size: 1.25rem; margin-bottom: 1rem; }
h1.path a { text-decoration: none; }
h1.path a:hover, h1.path a:focus-visible { text-decoration: underline; }
p { margin: .4rem 0; }
.lede { font-size: 1.1rem; color: var(--quiet); margin-bottom: 1.4rem; }
.quiet, caption { color: var(--quiet); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.overview { display: flex; flex-wrap: wrap; gap: .7rem 2.6rem; margin: 0; padding: .9rem 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
.overview div { min-width: 0; }
.overview dt { font-size: .78rem; color: var(--quiet); }
.overview dd { margin: 0; overflow-wrap: anywhere; }
code, pre, .mono { font-family: var(--mono); font-size: .86em; font-variant-ligatures: none; }
details { border: 1px solid var(--line); border-radius: 6px; background: var(--raised); margin: .5rem 0; }
summary { cursor: pointer; padding: .6rem .9rem; font-weight: 560; }
summary::marker { color: var(--quiet); }
details > div { padding: 0 .9rem .9rem; }
.block { position: relative; }
pre code { font-size: 1em; }
pre { background: var(--code); border-radius: 5px; padding: .75rem .9rem; margin: .45rem 0 .8rem; overflow: auto; max-height: 22rem; line-height: 1.5; tab-size: 2; }
button { font: inherit; color: var(--accent); background: var(--raised); border: 1px solid var(--strong); border-radius: 5px; padding: .42rem .95rem; cursor: pointer; }
button:hover { background: var(--tint); border-color: var(--accent); }
.copy { position: absolute; top: .4rem; right: .4rem; padding: .1rem .6rem; font-size: .8rem; }
form.search { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem .6rem; margin: .2rem 0 .9rem; }
form.search label { flex: 1 1 100%; font-size: .85rem; color: var(--quiet); }
form.search input { flex: 1 1 14rem; max-width: 30rem; min-width: 0; font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--strong); border-radius: 5px; padding: .42rem .7rem; }
form.search a { padding-bottom: .42rem; margin-left: .4rem; }
form.search p { margin: 0; padding: 0 0 .42rem .4rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.scroll { position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; background: var(--raised); }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
caption:has(> .hidden) { padding: 0; }
caption { text-align: left; padding: .55rem .9rem; font-size: .85rem; }
th, td { text-align: left; vertical-align: baseline; padding: .36rem .9rem; border-top: 1px solid var(--line); }
thead th { font-size: .78rem; font-weight: 500; color: var(--quiet); white-space: nowrap; border-top: 1px solid var(--line); }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 7rem; }
tbody tr:hover { background: color-mix(in srgb, var(--tint) 45%, transparent); }
tfoot th, tfoot td { border-top: 1px solid var(--strong); font-weight: 560; }
.num { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.none { color: var(--quiet); }
.name { overflow-wrap: anywhere; width: 60%; font-weight: 400; }
tbody th a { text-decoration: none; }
tbody th a:hover, tbody th a:focus-visible { text-decoration: underline; }
.ver { max-width: 26rem; }
.group th { padding-top: .8rem; font-weight: 620; border-top-color: var(--strong); }
.group + tr > * { border-top: 0; }
.group span { font-weight: 400; color: var(--quiet); margin-left: .5rem; }
.kind { color: var(--quiet); font-size: .88em; white-space: nowrap; }
.arch { white-space: nowrap; color: var(--quiet); font-size: .88em; }
.digest { white-space: nowrap; color: var(--quiet); }
.badge { display: inline-block; font-size: .74rem; line-height: 1.4; color: var(--quiet); border: 1px solid var(--line); border-radius: 4px; padding: 0 .38rem; margin-left: .4rem; white-space: nowrap; }
.warn { color: var(--warn); }
.unavailable li { margin: .2rem 0; overflow-wrap: anywhere; }
ul.unavailable { padding-left: 1.2rem; }
[hidden] { display: none !important; }
footer { margin-top: 3.5rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .88rem; }
footer .wrap { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; padding-top: 1rem; padding-bottom: 2.2rem; }
@media (max-width: 46rem) {
  body { font-size: 16px; }
  .wrap { padding: 0 1rem; }
  h1 { font-size: 1.6rem; margin-top: 1.6rem; }
  .overview { display: grid; grid-template-columns: 1fr 1fr; }
  th, td { padding: .4rem .6rem; }
  caption { padding: .55rem .6rem; }
  .wide { display: none; }
  .name { width: auto; }
  .arch { white-space: normal; }
  .copy { position: static; display: block; margin: -.3rem 0 .8rem; padding: .3rem .8rem; }
}
@media print { .top, .copy, form.search { display: none; } .scroll { overflow: visible; } }
`;
