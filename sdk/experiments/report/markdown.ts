// An experiment as Markdown, for wherever that is read: findings, table, models and plots drawn as text.

import type { Model } from '../models/model.ts';
import { experimentColumns, marksOf } from './experiment-columns.ts';
import { howItWasRun, machineText, recommendationsOf, tookText, whatWasRun } from './findings.ts';
import { formatEstimate } from './model-estimates.ts';
import { type ModelTable, shownModels } from './model-tables.ts';
import { groupText, plainText } from './parameter-names.ts';
import type { Reported } from './plotted.ts';
import { reportPlots } from './report-plots.ts';
import type { TextColumn } from './text-table.ts';
import { warningsOf } from './warnings.ts';

const plotWidth = 78;
const plotHeight = 18;

/** Texts of others must not become Markdown or HTML. */
export function escapeMarkdown(text: string): string {
  return plainText(text)
    .replace(/[\\`*_[\]<>|~&]/g, (mark) => `\\${mark}`)
    .replace(/^[-+#]/, (mark) => `\\${mark}`);
}

/** The whole as Markdown, in GitHub's flavour. */
export function experimentMarkdown(reported: Reported): string {
  const { data, points, models } = reported;
  const blocks = [`# ${escapeMarkdown(data.name || data.definition.workload)}`];
  const recommendations = recommendationsOf(reported);
  if (recommendations.length > 0)
    blocks.push(recommendations.map((text) => `**${escapeMarkdown(text)}**`).join('\n\n'));
  const warnings = warningsOf(reported);
  if (warnings.length > 0) blocks.push(warnings.map((text) => `> Warning: ${escapeMarkdown(text)}`).join('\n>\n'));
  blocks.push(
    [
      `- ${escapeMarkdown(whatWasRun(reported))}`,
      `- ${escapeMarkdown(howItWasRun(reported))}`,
      `- ${escapeMarkdown(machineText(reported))}`,
      `- ${escapeMarkdown(`begun ${data.startedAt}, took ${tookText(reported)}`)}`,
    ].join('\n'),
  );
  if (points.length > 0) blocks.push(tableOf(reported));
  const marks = marksOf(points);
  if (marks.length > 0) {
    blocks.push(marks.map(({ mark, meaning }) => `${escapeMarkdown(mark)} ${escapeMarkdown(meaning)}`).join('  \n'));
  }
  const groups = models.map(({ group }) => group);
  if (models.length > 0)
    blocks.push(
      '## Models',
      ...shownModels(models).map((model) =>
        'rows' in model ? manyModels(model) : modelOf(model, groupText(model.group, groups)),
      ),
    );
  const plots = reportPlots(reported);
  if (plots.length > 0)
    blocks.push('## Plots', ...plots.map((plot) => fenced(plot.toText({ width: plotWidth, height: plotHeight }))));
  return `${blocks.join('\n\n')}\n`;
}

function tableOf(reported: Reported): string {
  const columns = experimentColumns(reported);
  return markdownTable(
    columns,
    reported.points.map((_, i) => columns.map(({ cells }) => cells[i]!)),
  );
}

function markdownTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ heading }) => escapeMarkdown(heading))),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : ':---'))),
    ...rows.map((cells) => line(cells.map(escapeMarkdown))),
  ].join('\n');
}

function manyModels({ title, formula, source, heads, rows, warnings }: ModelTable): string {
  const columns = heads.map((heading, i): TextColumn => ({ heading, align: i === 0 ? 'left' : 'right' }));
  return [
    `### ${escapeMarkdown(title)}`,
    ...warnings.map((warning) => `> Warning: ${escapeMarkdown(warning)}`),
    markdownTable(columns, rows),
    `Values with their 95 % intervals. ${fencedInline(formula)}  \n${escapeMarkdown(source)}`,
  ].join('\n\n');
}

function modelOf({ title, formula, source, estimates, sentence, warning }: Model, of: string): string {
  return [
    `### ${escapeMarkdown(of === '' ? title : `${title}: ${of}`)}`,
    escapeMarkdown(sentence),
    ...(warning === undefined ? [] : [`> Warning: ${escapeMarkdown(warning)}`]),
    estimates
      .map((estimate) => {
        const [value, interval] = formatEstimate(estimate);
        return `- ${escapeMarkdown(estimate.name)}: ${escapeMarkdown(`${value} (${interval})`)}`;
      })
      .join('\n'),
    `${fencedInline(formula)}  \n${escapeMarkdown(source)}`,
  ].join('\n\n');
}

function fencedInline(text: string): string {
  return `\`${plainText(text).replaceAll('`', "'")}\``;
}

/** A fence longer than any that is inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
