// `gridbook experiments`: lists, shows, exports, compares and deletes what a store keeps.

import { extname } from 'node:path';
import {
  compareExperiments,
  Experiment,
  type ExperimentStore,
  type ExperimentSummary,
  formatCount,
  formatDuration,
  InvalidArgumentError,
  openStore,
  type PlotKind,
  plotKinds,
  textTable,
} from '../sdk/index.ts';
import { oneLine, reportingFailure } from './command-failure.ts';
import { exitStatus } from './exit-status.ts';
import {
  type CompareCommandOptions,
  type DeleteCommandOptions,
  type ExportCommandOptions,
  exportFormats,
  type ListCommandOptions,
  type ShowCommandOptions,
} from './experiments-options.ts';
import { runsText } from './progress-line.ts';
import { targetOf, writeTo } from './record-target.ts';
import { terminalWidth } from './terminal-width.ts';

/** Runs a command on a store; gives its exit status. */
function withStore(file: string | undefined, run: (store: ExperimentStore) => void | Promise<void>): Promise<number> {
  return reportingFailure(async () => {
    // A name that was mistyped must not become an empty store.
    using store = openStore(file, { create: file === undefined });
    await run(store);
    return exitStatus.done;
  });
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** `gridbook experiments list` */
export function listExperiments({ store: file, workload, limit, json }: ListCommandOptions): Promise<number> {
  return withStore(file, (store) => {
    const experiments = store.list({ workload, limit });
    if (json) printJson({ experiments });
    else if (experiments.length === 0) {
      process.stderr.write(
        `There are no experiments${workload === undefined ? '' : ` of ${workload}`} in ${store.path}\n`,
      );
    } else process.stdout.write(`${tableOf(experiments)}\n`);
  });
}

function tableOf(experiments: readonly ExperimentSummary[]): string {
  return textTable(
    [
      { heading: 'id', align: 'left' },
      { heading: 'name', align: 'left' },
      { heading: 'workload', align: 'left' },
      { heading: 'started', align: 'left' },
      { heading: 'state', align: 'left' },
      { heading: 'took', align: 'right' },
      { heading: 'runs', align: 'right' },
      { heading: 'failed', align: 'right' },
    ],
    experiments.map(({ id, name, definition, startedAt, endedAt, state, recordCount, failureCount }) => [
      id,
      name,
      definition.workload,
      startedAt,
      state,
      endedAt === null ? '' : formatDuration(Date.parse(endedAt) - Date.parse(startedAt)),
      formatCount(recordCount),
      formatCount(failureCount),
    ]),
    process.stdout.isTTY,
  );
}

/** `gridbook experiments show` */
export function showExperiment(reference: string, options: ShowCommandOptions): Promise<number> {
  return withStore(options.store, (store) => {
    const kinds = (options.plot ?? []).map(plotKind);
    const { id, state } = store.find(reference);
    const experiment = new Experiment(store.get(id));
    if (options.json) return printJson({ ...experiment.toJSON(), state });
    const width = terminalWidth(process.stdout);
    const styled = process.stdout.isTTY;
    const plots = kinds.map((kind) =>
      experiment.plot(kind).toText({ colour: styled, ...(width === undefined ? {} : { width }) }),
    );
    const { records, data } = experiment;
    const nothing = `Nothing was measured${data.failures.length === 0 ? '' : ': all runs failed'}.`;
    const table = records.length === 0 ? nothing : experiment.table({ width, styled });
    process.stdout.write(`${[aboutOf(experiment, state), table, ...plots].join('\n\n')}\n`);
  });
}

function plotKind(text: string): PlotKind {
  const kind = plotKinds.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new InvalidArgumentError(`There is no plot "${text}"; there are ${plotKinds.join(', ')}`);
}

/** How an experiment was made. */
function aboutOf({ data }: Experiment, state: ExperimentSummary['state']): string {
  const { id, name, definition, startedAt, endedAt, failures } = data;
  const { workload, repeats, warmup, order, seed, precision } = definition;
  const until = endedAt === null ? state : `ended ${endedAt}`;
  const failed = failures.slice(0, 5).map(({ message }) => `failed     ${oneLine(message)}`);
  return [
    `${id}   ${name}: ${workload}, started ${startedAt}, ${until}`,
    `made with  repeats ${repeats}, warmup ${warmup}, order ${order}, seed ${seed}, precision ${precision}`,
    ...failed,
    ...(failures.length > failed.length ? [`failed     ${failures.length - failed.length} more`] : []),
  ].join('\n');
}

/** `gridbook experiments export` */
export function exportExperiment(reference: string, options: ExportCommandOptions): Promise<number> {
  return withStore(options.store, async (store) => {
    const format = options.format ?? formatOf(options.out);
    const experiment = new Experiment(store.get(reference));
    await writeTo(await targetOf(options.out ?? true), () => exported(experiment, format));
  });
}

type ExportFormat = NonNullable<ExportCommandOptions['format']>;

function formatOf(file: string | undefined): ExportFormat {
  if (file === undefined) return 'json';
  const ending = extname(file).slice(1).toLowerCase();
  const format = exportFormats.find((known) => known === ending);
  if (format !== undefined) return format;
  throw new InvalidArgumentError(
    `${file} does not say in which format: give --format, or a name that ends in ${exportFormats.map((f) => `.${f}`).join(', ')}`,
  );
}

function exported(experiment: Experiment, format: ExportFormat): string | Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(experiment, undefined, 2)}\n`;
    case 'csv':
      return experiment.toCSV();
    case 'md':
      return experiment.toMarkdown();
    case 'html':
      return experiment.toHTML();
  }
}

/** `gridbook experiments compare` */
export function compareTwo(a: string, b: string, { store: file, json }: CompareCommandOptions): Promise<number> {
  return withStore(file, (store) => {
    const comparison = compareExperiments(new Experiment(store.get(a)), new Experiment(store.get(b)));
    if (json) printJson(comparison);
    else
      process.stdout.write(
        `${comparison.table({ width: terminalWidth(process.stdout), styled: process.stdout.isTTY })}\n`,
      );
  });
}

/** `gridbook experiments delete` */
export function deleteExperiments(
  references: readonly string[],
  { store: file }: DeleteCommandOptions,
): Promise<number> {
  return withStore(file, (store) => {
    // All are found before the first is deleted: a mistake in one deletes none.
    const ids = new Set(references.map((reference) => store.find(reference).id));
    for (const id of ids) {
      const { name, definition, recordCount } = store.delete(id);
      process.stdout.write(`Deleted ${id}, ${name} (${definition.workload}, ${runsText(recordCount)})\n`);
    }
  });
}
