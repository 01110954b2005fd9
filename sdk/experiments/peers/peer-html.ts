// A comparison as one HTML page that needs nothing but itself.

import { figureOf } from '../report/html-figure.ts';
import { htmlPage, warningBox } from '../report/html-page.ts';
import { type Html, html } from '../report/html-text.ts';
import { formatCount, formatDuration } from '../report/quantities.ts';
import type { PeerComparison } from './peer-comparison.ts';
import { repeatsLeast } from './peer-rounds.ts';
import { peerAbsences, peerCells, peerColumns, peerNotes } from './peer-table.ts';
import { publishedFigures } from './published.ts';

/** The whole page. */
export async function peerHtml(comparison: PeerComparison): Promise<string> {
  const { data, plots } = comparison;
  const figures: Html[] = [];
  for (const plot of plots) figures.push(await figureOf(plot, figures.length));
  return htmlPage({
    eyebrow: 'Gridbook comparison',
    title: 'The same computation, side by side',
    lead: whatWasCompared(comparison),
    body: [
      warningBox(peerAbsences(comparison)),
      html`<dl class="facts">${factsOf(comparison).map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>`,
      figures.length === 0 ? undefined : html`<section><h2>Plots</h2><div class="plots">${figures}</div></section>`,
      tableSection('Times', comparison),
      publishedSection(),
    ],
    footer: html`Begun ${data.startedAt}, ended ${data.endedAt ?? 'before everything was measured'}. All runs are inside this page as JSON.`,
    jsonId: 'gridbook-comparison',
    json: comparison,
  });
}

function whatWasCompared({ data }: PeerComparison): string {
  const list = (values: readonly number[]): string => values.map(formatCount).join(', ');
  const { matrixSizes, totalCounts, pcNums, seed } = data;
  const matrix = seed === null ? 'a matrix of the user\u2019s' : `a random matrix of seed ${seed}`;
  return `Powers of ${matrix}, n = ${list(matrixSizes)}; total count ${list(totalCounts)}; pc_num ${list(pcNums)}`;
}

function factsOf(comparison: PeerComparison): [string, string][] {
  const { repeats, pointBudgetMs } = comparison.data;
  const notes = peerNotes(comparison);
  return [
    [
      'Runs',
      `up to ${repeats} of each point, in random order; a peer repeats a point for ${formatDuration(pointBudgetMs)} at most, but measures it ${Math.min(repeats, repeatsLeast) === 1 ? 'once' : 'twice'}`,
    ],
    ['Peers', notes.slice(0, -1).join('. ')],
    ['Machine', notes.at(-1) ?? ''],
  ];
}

function tableSection(title: string, comparison: PeerComparison): Html {
  const heads = peerColumns.map(({ heading, align }) => html`<th scope="col" class="${align}">${heading}</th>`);
  const rows = peerCells(comparison).map(
    (cells) => html`<tr>${peerColumns.map(({ align }, i) => html`<td class="${align}">${cells[i]}</td>`)}</tr>`,
  );
  return html`<section><h2>${title}</h2>
<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

function publishedSection(): Html {
  const cell = (value: number | null): string => (value === null ? 'not said' : formatCount(value));
  const rows = publishedFigures.map(
    (figure) =>
      html`<tr><td class="left">${figure.machine}</td><td>${cell(figure.matrixSize)}</td><td>${cell(figure.totalCount)}</td><td>${figure.pcNum === null ? '' : formatCount(figure.pcNum)}</td><td>${formatDuration(figure.durationMs)}</td></tr>`,
  );
  return html`<section><h2>Published figures</h2>
<p>Of the same computation, published by others, who measured it on their own machines: they say nothing of this one.</p>
<div class="scroll"><table><thead><tr><th scope="col" class="left">machines</th><th scope="col">n</th><th scope="col">total count</th><th scope="col">pc_num</th><th scope="col">time</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
