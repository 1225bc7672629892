// The pages' style sheet: system fonts, a light and a dark scheme, narrow and wide screens, print.
import { componentStyle } from "./style-components.ts";

/** The text of /-/page.css. */
export const style: string = `
:root {
  color-scheme: light dark;
  --background: #f7f8f9; --raised: #ffffff; --ink: #1b2127; --quiet: #57606a; --line: #dfe3e7; --strong: #b9c0c7;
  --accent: #0b5c8a; --tint: #e8f1f7; --code: #f1f3f5; --focus: #0b5c8a;
  --good: #1a6b3c; --good-tint: #e6f4ea; --warn: #7a4a00; --warn-tint: #fff3d6; --bad: #a11a1a; --bad-tint: #fde8e8;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: #14181c; --raised: #1b2026; --ink: #e3e7eb; --quiet: #9aa5b0; --line: #2b323a; --strong: #4a545f;
    --accent: #7cc4ee; --tint: #1c2c38; --code: #12161a; --focus: #7cc4ee;
    --good: #7fd3a0; --good-tint: #16291e; --warn: #f0bf62; --warn-tint: #33270f; --bad: #ff9a9a; --bad-tint: #3a1a1a;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 8.5rem; }
body { margin: 0; background: var(--background); color: var(--ink); font: 15px/1.55 var(--sans); }
a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: 1px; text-decoration-color: color-mix(in srgb, currentColor 40%, transparent); }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
.skip { position: absolute; left: -99rem; top: 0; background: var(--raised); padding: .6rem 1rem; z-index: 3; }
.skip:focus { left: 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.wrap { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
h1, h2, h3 { font-weight: 640; line-height: 1.25; letter-spacing: -.01em; }
h1 { font-size: 1.9rem; margin: 1.8rem 0 .2rem; overflow-wrap: break-word; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .2rem; }
p { margin: .4rem 0; max-width: 48rem; }
.lede { font-size: 1.05rem; color: var(--quiet); }
.quiet { color: var(--quiet); }
code, pre { font-family: var(--mono); font-size: .86em; font-variant-ligatures: none; }
pre code { font-size: 1em; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: .7rem .9rem; margin: .4rem 0; overflow: auto; max-height: 24rem; line-height: 1.5; tab-size: 2; }

.top { background: var(--raised); border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 2; }
.top > .wrap { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; padding-top: .6rem; padding-bottom: .6rem; }
.brand { font-weight: 700; font-size: 1.1rem; color: var(--ink); text-decoration: none; }
.top nav ul { display: flex; flex-wrap: wrap; gap: 0 1.2rem; list-style: none; margin: 0; padding: 0; }
.top nav a { text-decoration: none; color: var(--quiet); padding: .25rem 0; display: inline-block; }
.top nav a:hover { color: var(--accent); }
.top nav a[aria-current] { color: var(--ink); box-shadow: 0 2px 0 var(--accent); }
.language { order: 3; }
.count { display: inline-block; min-width: 1.5em; padding: 0 .45em; border-radius: 1em; background: var(--warn-tint); color: var(--warn); font-size: .8rem; font-weight: 600; text-align: center; letter-spacing: 0; vertical-align: .1em; line-height: 1.5; }
.search { display: flex; flex-wrap: wrap; gap: .5rem .8rem; flex: 1 1 20rem; align-items: center; }
.search .field { display: flex; gap: .5rem; flex: 1 1 18rem; max-width: 34rem; margin-left: auto; }
.search:has(.filters) { display: contents; }
.search:has(.filters) .field { order: 2; }
.filters { order: 4; display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center; border: 0; margin: 0; padding: 0; flex: 1 1 100%; font-size: .9rem; min-width: 0; }
.filters label { min-width: 0; max-width: 100%; }
.filters select { max-width: 14rem; }
.filters .check { display: inline-flex; gap: .35rem; align-items: center; }
.found { margin-left: auto; color: var(--quiet); font-variant-numeric: tabular-nums; display: inline-flex; gap: .8rem; }
input[type=search], select { font: inherit; color: inherit; background: var(--background); border: 1px solid var(--strong); border-radius: 6px; padding: .35rem .6rem; min-width: 0; max-width: 100%; }
input[type=search] { flex: 1; }
input::placeholder { color: var(--quiet); opacity: 1; }
button, .button { font: inherit; color: var(--accent); background: var(--raised); border: 1px solid var(--strong); border-radius: 6px; padding: .35rem .9rem; cursor: pointer; text-decoration: none; display: inline-block; }
button:hover, .button:hover { background: var(--tint); border-color: var(--accent); }
${componentStyle}
footer { margin-top: 3rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .88rem; }
footer .wrap { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; padding-top: 1rem; padding-bottom: 2rem; }
@media (max-width: 46rem) {
  body { font-size: 16px; }
  html { scroll-padding-top: 1rem; }
  .wrap { padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin-top: 1.2rem; }
  h2 { margin-top: 1.8rem; }
  .top { position: static; }
  .top > .wrap { gap: .3rem 1rem; }
  .language { margin-left: auto; order: 0; }
  .search .field, .search { flex: 1 1 100%; max-width: none; margin: 0; }
  .search:not(:focus-within) .filters:not(.active) { display: none; }
  .filters label, .filters select { flex: 1 1 8rem; }
  .filters select { width: 100%; max-width: none; }
  .found { margin: 0; flex: 1 1 100%; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media print {
  .top nav, .search, .copy, .button, .skip { display: none; }
  .top { position: static; }
  .scroll, pre { overflow: visible; max-height: none; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  body { background: #fff; color: #000; font-size: 11px; }
}
`;
