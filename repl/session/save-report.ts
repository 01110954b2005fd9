// The cells as a report: one page that needs nothing but itself, with plots as pictures.

import { stripVTControlCharacters } from 'node:util';
import { Experiment, type PlotKind } from '../../sdk/index.ts';
import type { Cell } from './cells.ts';
import type { Look } from './look.ts';
import { showValue } from './values-shown.ts';

const kinds: readonly PlotKind[] = ['time', 'throughput', 'speedup', 'efficiency', 'latency', 'breakdown'];

/** What a report is called. */
export const reportTitle = '<title>Gridbook session</title>';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
pre{font:14px/1.45 ui-monospace,monospace;margin:.25rem 0;padding:.5rem .75rem;overflow-x:auto;background:#f6f8fa;border-radius:6px}
pre.out{background:none}pre.error{color:#cf222e;background:none}section{margin:1.5rem 0}h2{font-size:.85rem;font-weight:600;color:#57606a;margin:0}
svg{max-width:100%;height:auto}`;

/** The text of a report; `show` gives errors as text. */
export async function reportOf(
  cells: readonly Cell[],
  look: Look,
  showError: (error: unknown) => string,
): Promise<string> {
  const plain = { ...look, colors: false, width: 100 };
  const parts = await Promise.all(cells.map((cell) => sectionOf(cell, plain, showError)));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
${reportTitle}
<style>${style}</style>
</head>
<body>
<h1>Gridbook session</h1>
<p>${new Date().toISOString()}, Node ${process.versions.node}, ${process.platform} ${process.arch}</p>
${parts.join('\n')}
</body>
</html>
`;
}

async function sectionOf(
  { title, text, outcome }: Cell,
  look: Look,
  showError: (error: unknown) => string,
): Promise<string> {
  const lines = [`<section>\n<h2>${escaped(title)}</h2>\n<pre><code>${escaped(text)}</code></pre>`];
  if (outcome !== undefined && outcome !== 'none') {
    if ('error' in outcome)
      lines.push(`<pre class="error">${escaped(stripVTControlCharacters(showError(outcome.error)))}</pre>`);
    else if (outcome.value instanceof Experiment) lines.push(...(await ofExperiment(outcome.value, look)));
    else if (outcome.value !== undefined)
      lines.push(`<pre class="out">${escaped(showValue(outcome.value, look))}</pre>`);
  }
  return `${lines.join('\n')}\n</section>`;
}

async function ofExperiment(experiment: Experiment, look: Look): Promise<string[]> {
  const lines = [`<pre class="out">${escaped(experiment.table({ width: look.width }))}</pre>`];
  for (const kind of kinds) {
    try {
      lines.push(await experiment.plot(kind).toSVG());
    } catch {
      // The runs lack what it shows.
    }
  }
  return lines;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
