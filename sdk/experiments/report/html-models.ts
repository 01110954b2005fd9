// The models of an experiment in its report: the answers up front, and each model with what it is made of.

import type { Model } from '../models/model.ts';
import { warningBox } from './html-page.ts';
import { type Html, html } from './html-text.ts';
import { rangeText, recommendedRange } from './model-curve.ts';
import { formatEstimate } from './model-estimates.ts';
import { type ModelTable, shownModels } from './model-tables.ts';
import { groupText, parameterName, plainText } from './parameter-names.ts';
import type { Reported } from './plotted.ts';

/** More cards than this would push all else out of sight: a table then. */
const cardsMax = 4;

/** What to choose, for each cost model. */
export function answersOf({ data, models }: Reported): Html | undefined {
  const { splitBy } = data.definition;
  if (models.filter((model) => recommendedRange(model) !== undefined).length > cardsMax) {
    return answersTable(models, splitBy ?? '');
  }
  const answers = models.flatMap((model) => {
    const range = recommendedRange(model);
    if (range === undefined || splitBy === null) return [];
    const of = groupText(
      model.group,
      models.map(({ group }) => group),
    );
    const what = `Recommended ${parameterName(splitBy)}${of === '' ? '' : ` for ${of}`}`;
    return [
      html`<div class="answer"><p class="what">${what}</p><p class="value">${rangeText(range)}</p><p>${plainText(model.sentence)}</p></div>`,
    ];
  });
  return answers.length === 0 ? undefined : html`<div class="answers">${answers}</div>`;
}

function answersTable(models: readonly Model[], splitBy: string): Html {
  const groups = models.map(({ group }) => group);
  const rows = models.flatMap((model) => {
    const range = recommendedRange(model);
    if (range === undefined) return [];
    return [html`<tr><td class="left">${groupText(model.group, groups)}</td><td>${rangeText(range)}</td></tr>`];
  });
  return html`<div class="answer"><div class="scroll"><table>
<thead><tr><th class="left">for</th><th>recommended ${parameterName(splitBy)}</th></tr></thead><tbody>${rows}</tbody>
</table></div></div>`;
}

/** All models; undefined where there are none. */
export function modelSection({ models }: Reported): Html | undefined {
  if (models.length === 0) return undefined;
  const groups = models.map(({ group }) => group);
  const cards = shownModels(models).map((model) =>
    'rows' in model ? tableCard(model) : modelCard(model, groupText(model.group, groups)),
  );
  return html`<section><h2>Models</h2><div class="models">${cards}</div></section>`;
}

function tableCard({ title, formula, source, heads, rows, warnings }: ModelTable): Html {
  return html`<article class="model wide">
<h3>${title}</h3>
${warningBox(warnings)}
<div class="scroll"><table><thead><tr>${heads.map((head, i) => html`<th class="${i === 0 ? 'left' : 'right'}">${head}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell, i) => html`<td class="${i === 0 ? 'left' : 'right'}">${cell}</td>`)}</tr>`)}</tbody></table></div>
<p class="soft">Values with their 95 % intervals. <code>${formula}</code><br>${source}</p>
</article>`;
}

function modelCard({ title, formula, source, estimates, sentence, warning }: Model, of: string): Html {
  const rows = estimates.map((estimate) => {
    const [value, interval] = formatEstimate(estimate);
    return html`<tr><td class="left">${plainText(estimate.name)} <code>${plainText(estimate.symbol)}</code></td><td>${value}</td><td>${interval}</td></tr>`;
  });
  return html`<article class="model">
<h3>${plainText(title)}${of === '' ? '' : `: ${of}`}</h3>
<p>${plainText(sentence)}</p>
${warning === undefined ? undefined : html`<div class="warning" role="note"><p>${plainText(warning)}</p></div>`}
<table><thead><tr><th class="left">estimate</th><th>value</th><th>95 % interval</th></tr></thead><tbody>${rows}</tbody></table>
<p class="soft"><code>${plainText(formula)}</code><br>${plainText(source)}</p>
</article>`;
}
