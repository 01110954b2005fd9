// How a report looks: on paper and screens of any width, light and dark.

/** The style sheet of a report. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f6f8fa; --ink: #1f2328; --soft: #59636e; --line: #d8dee4; --accent: #0072b2;
  --good: #e8f3fa; --warn: #fff6e5; --warn-line: #d99a1c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171c; --raised: #1c2027; --ink: #e6e9ed; --soft: #9aa4af; --line: #323943; --accent: #56b4e9;
    --good: #16293a; --warn: #2d2413; --warn-line: #b8851f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 74rem; margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 3rem) 3rem; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.7rem, 4vw, 2.4rem); margin: 0 0 .4rem; letter-spacing: -.015em; }
h2 { font-size: 1.3rem; margin: 3rem 0 1rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 0 0 .25rem; }
p { margin: 0 0 .8rem; max-width: 70ch; overflow-wrap: anywhere; }
.eyebrow { color: var(--accent); font-size: .8rem; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; margin: 0 0 .5rem; }
.lead { font-size: 1.1rem; color: var(--soft); margin-bottom: 1.5rem; }
.soft, figcaption p, .note { color: var(--soft); font-size: .88rem; }
.answers { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); margin: 1.5rem 0; }
.answer { background: var(--good); border-left: 4px solid var(--accent); border-radius: 6px; padding: 1rem 1.25rem; }
.answer .what { color: var(--soft); font-size: .85rem; margin: 0 0 .15rem; }
.answer .value { font-size: 1.8rem; font-weight: 650; line-height: 1.2; margin: 0 0 .4rem; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.answer p:last-child { margin-bottom: 0; }
.warning { background: var(--warn); border-left: 4px solid var(--warn-line); border-radius: 6px; padding: .75rem 1.25rem; margin: 1rem 0; }
.warning ul { margin: 0; padding-left: 1.1rem; }
.warning p { margin: 0; }
.warning li, .warning p { max-width: 80ch; overflow-wrap: anywhere; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: .9rem 2rem; margin: 1.5rem 0 0; }
dl.facts dt { color: var(--soft); font-size: .82rem; }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 31rem), 1fr)); gap: 2.5rem 2rem; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figcaption p { margin: 0 0 .6rem; }
figure svg { display: block; max-width: 100%; height: auto; }
.narrow { display: none; }
.models { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.25rem; }
.model { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: 1.1rem 1.25rem; min-width: 0; break-inside: avoid; }
.model.wide { grid-column: 1 / -1; }
.model .soft { margin: .75rem 0 0; }
.model .warning { margin: .75rem 0; }
code { font: .88em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { padding: .4rem .75rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: .82rem; vertical-align: bottom; }
th.left, td.left { text-align: left; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
tr.best td { background: var(--good); }
.model table { min-width: 0; width: 100%; font-size: .86rem; }
.model th, .model td { padding: .3rem 0 .3rem .8rem; }
.model .left { white-space: normal; padding-left: 0; }
.model tr:last-child td { border-bottom: 0; }
details { margin-top: 1rem; }
summary { cursor: pointer; font-weight: 600; }
details .scroll { margin-top: 1rem; max-height: 32rem; overflow: auto; }
details table { font-size: .78rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
footer p { max-width: none; }
@media (max-width: 36rem) {
  main { padding-top: 1.5rem; }
  h2 { margin-top: 2rem; }
  .wide { display: none; }
  .narrow { display: block; }
  th, td { padding: .35rem .55rem; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --raised: #fff; --ink: #000; --soft: #444; --line: #bbb; --accent: #0072b2; --good: #fff; --warn: #fff; --warn-line: #888; }
  @page { margin: 16mm; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  .wide { display: block; }
  .narrow, details { display: none; }
  .plots { grid-template-columns: 1fr 1fr; gap: 1.2rem; }
  .models { grid-template-columns: 1fr 1fr; }
  .scroll { overflow: visible; }
  table { font-size: 8pt; }
  th, td { padding: .2rem .35rem; }
  tr { break-inside: avoid; }
}
`;
