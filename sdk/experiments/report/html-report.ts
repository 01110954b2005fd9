// An experiment as one HTML page that needs nothing but itself: no script, no file, no network.

import { experimentColumns, marksOf } from './experiment-columns.ts';
import { embeddedJsonId, experimentJsonOf } from './experiment-json.ts';
import { howItWasRun, machineText, tookText, warningsOf, whatWasRun } from './findings.ts';
import { columnsOf, flatRecordOf } from './flat-record.ts';
import { answersOf, modelSection } from './html-models.ts';
import { reportStyle } from './html-style.ts';
import { embeddedJson, Html, html } from './html-text.ts';
import { plainText } from './parameter-names.ts';
import type { Plot } from './plot.ts';
import type { PlotSize } from './plot-size.ts';
import type { Reported } from './plotted.ts';
import { formatCount } from './quantities.ts';
import { reportPlots } from './report-plots.ts';
import { svgOf } from './svg.ts';
import { vegaLiteSpec } from './vega-lite-spec.ts';

const wideSize: PlotSize = { width: 430, height: 260 };
/** For screens on which the wide one would be too small to read. */
const narrowSize: PlotSize = { width: 255, height: 220 };

/** More records make a page slow; all of them are in its JSON. */
const recordsShownMax = 500;

/** The whole page. */
export async function experimentHtml(reported: Reported): Promise<string> {
  const { data } = reported;
  const figures: Html[] = [];
  for (const plot of reportPlots(reported)) figures.push(await figureOf(plot, figures.length));
  const title = plainText(data.name) || plainText(data.definition.workload);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Gridbook">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${title}</title>
<style>${new Html(reportStyle)}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">Gridbook experiment</p>
<h1>${title}</h1>
<p class="lead">${whatWasRun(reported)}</p>
</header>
${answersOf(reported)}
${warningBox(warningsOf(reported))}
${factsOf(reported)}
${figures.length === 0 ? undefined : html`<section><h2>Plots</h2><div class="plots">${figures}</div></section>`}
${modelSection(reported)}
${pointsSection(reported)}
${recordsSection(reported)}
<footer>
<p>Experiment ${data.id}. All of it is inside this page as JSON: <code>Experiment.fromJSON</code> reads this file back.</p>
</footer>
</main>
<script type="application/json" id="${embeddedJsonId}">${embeddedJson(experimentJsonOf(reported))}</script>
</body>
</html>
`;
  return page.markup;
}

/** Warnings, where there are some. */
function warningBox(warnings: readonly string[]): Html | undefined {
  if (warnings.length === 0) return undefined;
  if (warnings.length === 1) return html`<div class="warning" role="note"><p>${warnings[0]}</p></div>`;
  return html`<div class="warning" role="note"><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul></div>`;
}

function factsOf(reported: Reported): Html {
  const { data } = reported;
  const facts: [string, string][] = [
    ['Runs', howItWasRun(reported)],
    ['Machine', machineText(reported)],
    ['Begun', `${data.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}, took ${tookText(reported)}`],
  ];
  return html`<dl class="facts">${facts.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>`;
}

/** A plot twice, for wide and for narrow screens: one of them is hidden. */
async function figureOf(plot: Plot, place: number): Promise<Html> {
  const { title, caption } = plot;
  const draw = async (size: PlotSize, form: string): Promise<Html> => {
    const { title: _, ...spec } = vegaLiteSpec(plot.data, size);
    const svg = await svgOf(spec, { ink: 'currentColor', ground: 'transparent', font: 'inherit' });
    return new Html(withOwnIds(svg, `p${place}${form}`));
  };
  const label = `${title}. ${caption}`;
  return html`<figure>
<figcaption><h3>${title}</h3><p>${caption}</p></figcaption>
<div class="wide" role="img" aria-label="${label}">${await draw(wideSize, 'w')}</div>
<div class="narrow" role="img" aria-label="${label}">${await draw(narrowSize, 'n')}</div>
</figure>`;
}

/** Ids that no other picture of the page has, and that are the same whatever vega has drawn before. */
function withOwnIds(svg: string, prefix: string): string {
  const places = new Map<string, number>();
  return svg.replace(/(\bid="|url\(#|href="#)([\w-]+)/g, (_, before: string, id: string) => {
    if (!places.has(id)) places.set(id, places.size);
    return `${before}${prefix}-${places.get(id)}`;
  });
}

function pointsSection(reported: Reported): Html | undefined {
  const { points } = reported;
  if (points.length === 0) return undefined;
  const columns = experimentColumns(reported);
  const heads = columns.map(({ heading, align }) => html`<th scope="col" class="${align}">${heading}</th>`);
  const rows = points.map(
    (_, i) => html`<tr>${columns.map(({ cells, align }) => html`<td class="${align}">${cells[i]}</td>`)}</tr>`,
  );
  return html`<section><h2>Points</h2>
<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>
${marksOf(points).map(({ mark, meaning }) => html`<p class="note">${mark} ${meaning}</p>`)}</section>`;
}

function recordsSection({ data }: Reported): Html | undefined {
  const { records } = data;
  if (records.length === 0) return undefined;
  const rows = records.slice(0, recordsShownMax).map((record) => columnsOf(flatRecordOf(record)));
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const more =
    records.length > rows.length
      ? html`<p class="note">The first ${formatCount(rows.length)} of ${formatCount(records.length)}; all are in the JSON inside this page.</p>`
      : undefined;
  return html`<section><h2>Records</h2>
<details><summary>${formatCount(records.length)} ${records.length === 1 ? 'run' : 'runs'}, as they were made</summary>
${more}<div class="scroll"><table><thead><tr>${names.map((name) => html`<th scope="col" class="left">${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${names.map((name) => html`<td class="left">${String(row.get(name) ?? '')}</td>`)}</tr>\n`)}</tbody></table></div>
</details></section>`;
}
