// The part of the style sheet for what pages are made of: the status, the guides, lists and tables.

/** A part of the style sheet. */
export const componentStyle: string = `
.status { border-bottom: 1px solid var(--line); background: var(--raised); }
.status > .wrap { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem 2.2rem; padding-top: .55rem; padding-bottom: .55rem; }
.status p { margin: 0; }
.state { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .8rem; }
.state [data-since] { color: var(--quiet); font-size: .9rem; }
.lamp { padding: .05rem .7rem .05rem .5rem; border-radius: 1rem; background: var(--good-tint); color: var(--good); }
.lamp::before { content: "✓"; font-weight: 700; margin-right: .4rem; }
.damaged .lamp, .gone .lamp { background: var(--bad-tint); color: var(--bad); }
.damaged .lamp::before, .gone .lamp::before { content: "!"; }
.status dl { display: flex; flex-wrap: wrap; gap: .1rem 1.8rem; margin: 0 0 0 auto; font-size: .9rem; }
.figure { display: flex; gap: .45rem; align-items: baseline; }
.figure dt { color: var(--quiet); }
.figure dd { margin: 0; font-weight: 640; font-variant-numeric: tabular-nums; }
.notable dd { background: var(--warn-tint); color: var(--warn); border-radius: 1em; padding: 0 .5em; }
.fault { flex: 1 1 100%; background: var(--bad-tint); color: var(--bad); border-radius: 6px; padding: .5rem .8rem; overflow-wrap: break-word; min-width: 0; }
.fault p { max-width: none; }
.fault p + p { color: var(--ink); }

.releases { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .8rem; margin-top: 1.4rem; color: var(--quiet); }
.releases + h1 { margin-top: .8rem; }
.releases ul { display: inline-flex; flex-wrap: wrap; list-style: none; margin: 0; padding: 0; border: 1px solid var(--strong); border-radius: 6px; overflow: hidden; background: var(--raised); }
.releases li + li { border-left: 1px solid var(--strong); }
.releases a { display: block; padding: .25rem .9rem; text-decoration: none; font-variant-numeric: tabular-nums; }
.releases a:focus-visible { outline-offset: -2px; }
.releases a[aria-current] { background: var(--accent); color: var(--raised); font-weight: 600; }

.tabs { border: 1px solid var(--line); border-radius: 8px; background: var(--raised); margin: .6rem 0; display: flex; flex-wrap: wrap; }
.tabs > input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.tabs > label { padding: .6rem 1.1rem; cursor: pointer; color: var(--quiet); border-bottom: 2px solid transparent; }
.tabs > label:hover { color: var(--accent); }
.tabs > input:checked + label { color: var(--ink); font-weight: 600; border-bottom-color: var(--accent); }
.tabs > input:focus-visible + label { outline: 2px solid var(--focus); outline-offset: -3px; border-radius: 4px; }
.panels { flex: 1 1 100%; border-top: 1px solid var(--line); padding: 1rem 1.2rem .6rem; min-width: 0; margin-top: -1px; }
.panel { display: none; }
${["kubespray", "containerd", "crio", "docker", "node", "curl"].map((id) => `#guide-${id}:checked ~ .panels #panel-${id}`).join(", ")} { display: block; }
.steps { list-style: none; counter-reset: step; margin: 0; padding: 0; }
.steps > li { counter-increment: step; position: relative; padding: 0 0 1.1rem 2.6rem; }
.steps > li::before { content: counter(step); position: absolute; left: 0; top: -.1rem; width: 1.7rem; height: 1.7rem; border-radius: 50%; background: var(--tint); color: var(--accent); font-weight: 640; text-align: center; line-height: 1.7rem; font-size: .9rem; }
.steps > li:not(:last-child)::after { content: ""; position: absolute; left: .82rem; top: 1.9rem; bottom: .3rem; border-left: 1px solid var(--line); }
.steps details { margin: .3rem 0; }
.steps summary { cursor: pointer; color: var(--accent); overflow-wrap: break-word; }
.remarks { margin: .5rem 0; padding: .5rem .8rem .5rem 1.8rem; background: var(--warn-tint); border-radius: 6px; font-size: .9rem; overflow-wrap: break-word; }
.block { position: relative; }
.block pre { padding-right: 5.5rem; }
.copy { padding: .1rem .6rem; font-size: .8rem; line-height: 1.5; }
.block .copy { position: absolute; top: .4rem; right: .4rem; }
.copy.icon { padding: 0; width: 1.5rem; height: 1.5rem; margin-left: .3rem; border-color: transparent; background: transparent; vertical-align: middle; position: relative; }
.copy.icon::before, .copy.icon::after { content: ""; position: absolute; width: .55rem; height: .7rem; border: 1.5px solid currentColor; border-radius: 2px; top: .3rem; left: .35rem; }
.copy.icon::after { top: .5rem; left: .55rem; background: var(--raised); }
.copy.icon:hover { background: var(--tint); }
.copy.icon.done::before { border-width: 0 2px 2px 0; border-radius: 0; transform: rotate(45deg); width: .4rem; height: .75rem; left: .55rem; top: .25rem; color: var(--good); }
.copy.icon.done::after { display: none; }

.line { display: flex; gap: .2rem 1rem; align-items: baseline; }
.line > :nth-child(1) { flex: 1.3 1 0; }
.line > :nth-child(2) { flex: 1.4 1 0; }
.line > :nth-child(3) { flex: 1 1 0; }
.line > .num { flex: 0 0 8rem; }
.components { border: 1px solid var(--line); border-radius: 8px; background: var(--raised); overflow: hidden; }
.line.head { font-size: .8rem; color: var(--quiet); padding: .5rem 1rem .5rem 2.2rem; }
.component { border-top: 1px solid var(--line); }
.component > summary { cursor: pointer; padding: .45rem 1rem; list-style: none; position: relative; padding-left: 2.2rem; }
.component > summary::-webkit-details-marker { display: none; }
.component > summary::before { content: "›"; position: absolute; left: 1rem; top: .3rem; font-size: 1.2rem; line-height: 1.4; color: var(--quiet); }
.component[open] > summary::before { transform: rotate(90deg); }
.component > summary:hover { background: var(--tint); }
.component > summary:focus-visible { outline-offset: -2px; }
.component[open] > summary { border-bottom: 1px solid var(--line); background: color-mix(in srgb, var(--tint) 50%, transparent); }
.ver, .counts { color: var(--quiet); font-size: .92em; overflow-wrap: break-word; min-width: 0; }
.line strong { font-weight: 600; min-width: 0; overflow-wrap: break-word; }
.platform .of { display: none; }
.absent { display: inline-block; background: var(--warn-tint); color: var(--warn); border-radius: 4px; padding: 0 .4rem; font-size: .8rem; font-weight: 600; white-space: nowrap; }
.absent::before { content: "⚠ "; font-weight: 400; }

.scroll { position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); margin: .6rem 0; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
caption { text-align: left; padding: .55rem 1rem; font-size: .85rem; color: var(--quiet); }
th, td { text-align: left; vertical-align: top; padding: .4rem 1rem; border-top: 1px solid var(--line); }
thead th { font-size: .8rem; font-weight: 500; color: var(--quiet); white-space: nowrap; border-top: 0; }
thead button { border: 0; padding: 0; background: none; color: inherit; font-size: inherit; text-decoration: underline; text-underline-offset: .18em; }
thead button:hover { background: none; color: var(--accent); }
th[aria-sort] button::after { content: " ↓"; }
th[aria-sort=ascending] button::after { content: " ↑"; }
tbody tr:hover { background: color-mix(in srgb, var(--tint) 45%, transparent); }
.component table { table-layout: fixed; }
.component th:nth-child(2) { width: 11rem; }
.component th:nth-child(3) { width: 7rem; }
.component th:first-child { padding-left: 2.2rem; }
.name { font-weight: 400; overflow-wrap: break-word; min-width: 0; }
.name a { text-decoration: none; }
.name a:hover, .name a:focus-visible { text-decoration: underline; }
.under { display: block; color: var(--quiet); font-size: .88em; overflow-wrap: break-word; }
.lacking { background: color-mix(in srgb, var(--warn-tint) 45%, transparent); }
.num { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.line .num { white-space: normal; }
.digest { white-space: nowrap; color: var(--quiet); }
h1.path { font-size: 1.25rem; margin-bottom: .8rem; font-family: var(--mono); font-weight: 500; }
h1.path a { text-decoration: none; }
h1.path a:hover, h1.path a:focus-visible { text-decoration: underline; }
.overview { display: flex; flex-wrap: wrap; gap: .7rem 2.6rem; margin: 0; }
.overview dt { font-size: .8rem; color: var(--quiet); }
.overview dd { margin: 0; }
@media (max-width: 60rem) {
  .line { flex-wrap: wrap; row-gap: 0; }
  .line.head { display: none; }
  .component:first-of-type { border-top: 0; }
  .line > :nth-child(1) { flex: 1 1 calc(100% - 7rem); }
  .line > .total { order: 1; flex: 0 0 5rem; }
  .line::before { content: ""; order: 3; flex: 0 0 100%; height: 0; }
  .line > .ver, .line > .counts { order: 2; flex: 0 1 auto; }
  .line > .ver:empty, .line > .counts:empty { display: none; }
  .line > .platform { order: 4; flex: 0 1 auto; text-align: left; font-size: .92em; color: var(--quiet); margin-right: .8rem; }
  .platform .of { display: inline; }
}
@media (max-width: 46rem) {
  .status dl { margin-left: 0; gap: .1rem 1.2rem; }
  .tabs > label { padding: .45rem .8rem; }
  .panels { padding: .9rem .8rem .4rem; }
  .steps > li { padding-left: 0; }
  .steps h3 { padding: .1rem 0 .3rem 2.3rem; min-height: 1.9rem; }
  .steps > li::after { display: none; }
  .block .copy { position: static; display: block; margin: 0 0 .6rem; padding: .3rem .8rem; }
  .block pre { padding-right: .9rem; }
  .wide { display: none; }
  th, td { padding: .4rem .5rem; }
  .component > summary { padding-left: 1.6rem; padding-right: .6rem; }
  .component > summary::before { left: .6rem; }
  .component th:first-child { padding-left: .6rem; }
  .component th:nth-child(2) { width: 4rem; }
  .component th:nth-child(3) { width: 4.6rem; }
  .component .copy.icon { margin-left: .1rem; }
  .component thead th:nth-child(2) { font-size: 0; }
}
`;
