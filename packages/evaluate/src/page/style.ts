/** The look of a results page: one column as in a journal, on light, dark and paper. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1b1f23; --soft: #57606a; --rule: #1b1f23; --hair: #d5d9de; --ground: #ffffff; --panel: #f6f7f9;
  --accent: #0b5cad; --bar: #5b8fc7; --warn: #7a4d00; --warn-ground: #fff4d6; --warn-rule: #e0a800; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #a3abb5; --rule: #c4cad1; --hair: #363d46; --ground: #14171a; --panel: #1c2127;
  --accent: #7db8f5; --bar: #4f86bf; --warn: #ffd98a; --warn-ground: #2d2410; --warn-rule: #a57b12; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 17px/1.55 Charter, "Bitstream Charter", "Sitka Text", Cambria, "Noto Serif", Georgia, serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1, h2, h3, nav, figcaption, table, .notes, .meta, .caution, .quote dt, footer { font-family: "Helvetica Neue", Helvetica, Arial, "Noto Sans", "Liberation Sans", sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.35rem; margin: 3.2rem 0 .6rem; padding-top: .7rem; border-top: 2px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 2.2rem 0 .4rem; }
p { margin: .6rem 0; }
a { color: var(--accent); }
.caution { margin: 1.2rem 0 1.6rem; padding: .7rem 1rem; background: var(--warn-ground); color: var(--warn); border-left: 4px solid var(--warn-rule); font-size: .95rem; font-weight: 600; }
nav { font-size: .92rem; color: var(--soft); }
nav ol { margin: .3rem 0 0; padding-left: 1.3rem; }
.meta { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: .8rem 0 1.4rem; font-size: .9rem; color: var(--soft); }
.meta dt { font-weight: 600; }
.meta dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
figure { margin: 1.8rem 0; }
figcaption { font-size: .9rem; line-height: 1.45; margin: 0 0 .5rem; }
figure > .picture + figcaption { margin: .6rem 0 0; color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: min(100%, 34rem); font-size: .86rem; line-height: 1.35; font-variant-numeric: tabular-nums lining-nums; border-top: 2px solid var(--rule); border-bottom: 2px solid var(--rule); }
thead th { border-bottom: 1px solid var(--rule); font-weight: 600; vertical-align: bottom; }
th, td { padding: .32rem .7rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: .1rem; white-space: normal; min-width: 11rem; }
.wide th, .wide td { padding: .32rem .45rem; }
.wide .interval { display: block; font-size: .82em; white-space: nowrap; letter-spacing: -.01em; }
.wide thead th { white-space: normal; }
.wide th:first-child, .wide td:first-child { min-width: 7rem; padding-left: .1rem; }
th:last-child, td:last-child { padding-right: .1rem; }
tbody th { font-weight: 400; }
tbody tr + tr > * { border-top: 1px solid var(--hair); }
tbody tr.ours > * { font-weight: 600; background: var(--panel); }
tbody tr.ours .interval { font-weight: 400; }
.interval { color: var(--soft); font-size: .92em; }
.notes { font-size: .8rem; line-height: 1.45; color: var(--soft); margin-top: .45rem; }
.notes p { margin: .12rem 0; }
.picture svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.paper { background: #ffffff; padding: .6rem; border: 1px solid var(--hair); border-radius: 4px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0 1.6rem; align-items: start; }
.pair figure { margin-top: 1rem; }
.example { display: grid; grid-template-columns: minmax(15rem, 26rem) 1fr; gap: 1.4rem; align-items: start; margin: 1.8rem 0 2.4rem; }
.example .film { background: #000; border-radius: 3px; overflow: hidden; }
.example .film svg { display: block; width: 100%; height: auto; }
.example figcaption { grid-column: 1 / -1; margin: 0; color: var(--soft); }
.quote { margin: 0; font-size: .95rem; line-height: 1.4; }
.quote dt { display: flex; gap: .5rem; align-items: center; font-size: .86rem; font-weight: 600; margin-top: .75rem; }
.quote dt:first-child { margin-top: 0; }
.quote dd { margin: .1rem 0 0 1.9rem; display: grid; grid-template-columns: 5.4rem 1fr; gap: .5rem; align-items: baseline; }
.quote dd::before { content: attr(data-who); font: 600 .68rem "Helvetica Neue", Arial, "Liberation Sans", sans-serif; text-transform: uppercase; letter-spacing: .05em; color: var(--soft); }
.quote .none { color: var(--soft); font-style: italic; }
.tag { display: inline-grid; place-items: center; width: 1.4rem; height: 1.4rem; border-radius: 3px; color: #000; font-size: .78rem; border: 1px solid rgba(0, 0, 0, .55); }
.bars text { font: 12.5px "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; fill: var(--ink); }
.bars .soft { fill: var(--soft); }
.bars .bar { fill: var(--bar); }
.bars .whisker { stroke: var(--ink); stroke-width: 1.4; fill: none; }
.bars .grid { stroke: var(--hair); }
footer { margin-top: 3.5rem; padding-top: .8rem; border-top: 1px solid var(--hair); font-size: .82rem; color: var(--soft); }
@media (max-width: 46rem) { .example { grid-template-columns: 1fr; } main { padding: 1.4rem 1rem 3rem; } }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --rule: #000; --hair: #bbb; --ground: #fff; --panel: #f3f3f3; --accent: #000; --bar: #7f9fc0; --warn: #000; --warn-ground: #fff; --warn-rule: #000; }
  @page { margin: 18mm 15mm; }
  html { font-size: 9.5pt; } body { font-size: 1rem; } main { max-width: none; padding: 0; } .scroll { overflow: visible; } table { font-size: .82rem; } th, td { padding: .2rem .4rem; }
  .wide { font-size: .74rem; } .wide th, .wide td { padding: .2rem .28rem; } .wide th:first-child, .wide td:first-child { min-width: 4rem; }
  nav { display: none; } h2, h3, figcaption { break-after: avoid; } h2 { margin-top: 1.5rem; } .notes { break-before: avoid; } figure, .example, tr { break-inside: avoid; } .paper { border: 0; padding: 0; }
}
`;
