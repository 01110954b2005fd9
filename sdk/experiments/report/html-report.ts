// An experiment as one HTML page that needs nothing but itself: no script, no file, no network.

import { experimentColumns, marksOf } from './experiment-columns.ts';
import { embeddedJsonId, experimentJsonOf } from './experiment-json.ts';
import { howItWasRun, machineText, notesOf, recommendationsOf, tookText, whatWasRun } from './findings.ts';
import { columnsOf, flatRecordOf } from './flat-record.ts';
import { figureOf } from './html-figure.ts';
import { answersOf, modelSection } from './html-models.ts';
import { htmlPage, warningBox } from './html-page.ts';
import { type Html, html } from './html-text.ts';
import { plainText } from './parameter-names.ts';
import type { Reported } from './plotted.ts';
import { formatCount } from './quantities.ts';
import { reportPlots } from './report-plots.ts';
import { warningsOf } from './warnings.ts';

/** More records make a page slow; all of them are in its JSON. */
const recordsShownMax = 500;

/** The whole page. */
export async function experimentHtml(reported: Reported): Promise<string> {
  const { data } = reported;
  const figures: Html[] = [];
  for (const plot of reportPlots(reported)) figures.push(await figureOf(plot, figures.length));
  const title = plainText(data.name) || plainText(data.definition.workload);
  return htmlPage({
    eyebrow: 'Gridbook experiment',
    title,
    lead: whatWasRun(reported),
    body: [
      answersOf(reported),
      warningBox(warningsOf(reported)),
      factsOf(reported),
      figures.length === 0 ? undefined : html`<section><h2>Plots</h2><div class="plots">${figures}</div></section>`,
      modelSection(reported),
      pointsSection(reported),
      recordsSection(reported),
    ],
    footer: html`Experiment ${data.id}. All of it is inside this page as JSON: <code>Experiment.fromJSON</code> reads this file back.`,
    jsonId: embeddedJsonId,
    json: experimentJsonOf(reported),
  });
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

function pointsSection(reported: Reported): Html | undefined {
  return reported.points.length === 0 ? undefined : html`<section><h2>Points</h2>\n${pointsTable(reported)}</section>`;
}

/** What an experiment's table says, as HTML to be put into other pages. */
export function experimentTableHtml(reported: Reported): string {
  const below = [...notesOf(reported), ...recommendationsOf(reported), machineText(reported)];
  return html`<p>${whatWasRun(reported)}</p>
${reported.points.length === 0 ? undefined : pointsTable(reported)}${warningBox(warningsOf(reported))}
<p>${below.map((line) => html`${line}<br>`)}</p>`.markup;
}

function pointsTable(reported: Reported): Html {
  const { points } = reported;
  const columns = experimentColumns(reported);
  const heads = columns.map(({ heading, align }) => html`<th scope="col" class="${align}">${heading}</th>`);
  const rows = points.map(
    (_, i) =>
      html`<tr>${columns.map(({ cells, align }) => html`<td class="${align}">${unbroken(cells[i])}</td>`)}</tr>`,
  );
  return html`<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>
${marksOf(points).map(({ mark, meaning }) => html`<p class="note">${mark} ${meaning}</p>`)}`;
}

/** A text in which no number is torn from its unit where there is no style. */
function unbroken(text = ''): string {
  return text.replace(/(?<=[\d±]) /g, '\u00a0');
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
