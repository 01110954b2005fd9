// The options of `gridbook run` and `gridbook sweep`: those of every workload, and one for each of its parameters.

import { Command, InvalidArgumentError, Option } from 'commander';
import type { JsonValue, ParamInfo, Workload } from '../sdk/index.ts';
import { axisParser, isOpenRange } from './axis-option.ts';
import { configured } from './commander-settings.ts';
import { parseDuration } from './duration-option.ts';
import { builtinWorkload, workloadOfFile } from './find-workload.ts';
import { homePath } from './home-path.ts';
import { parseWholeNumber } from './numbers.ts';

/** Whether a few runs are made and shown, or a grid is measured, modelled and kept. */
export type MeasureKind = 'run' | 'sweep';

/** What a command line asks for. */
export interface MeasureRequest {
  readonly kind: MeasureKind;
  readonly workload: Workload;
  /** By parameter; also `workers`. */
  readonly grid: Readonly<Record<string, readonly JsonValue[]>>;
  readonly options: MeasureOptions;
}

/** Options that every workload has. */
export interface MeasureOptions {
  readonly repeats: number;
  readonly warmup: number;
  readonly order?: 'random' | 'grid';
  readonly precision?: number;
  readonly budget?: number;
  readonly baseline?: boolean;
  readonly refine?: boolean;
  readonly name?: string;
  readonly resume: boolean;
  readonly store?: string | false;
  /** True for standard output. */
  readonly json?: string | true;
  readonly csv?: string | true;
  readonly report?: string;
  readonly address?: string;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** @param onText - told what was typed. */
function paramOption(
  { name, description, kind, default: value }: ParamInfo,
  onText: (name: string, text: string) => void,
): Option {
  const shown = value === undefined || value === null || value === false ? '' : ` (default: ${String(value)})`;
  const what = `${description}${shown}`;
  const form = { number: '<n,…>', boolean: '[true,false]', text: '<value>' }[kind];
  const parse = axisParser(kind);
  return new Option(`--${kebab(name)} ${form}`, what).argParser((text) => {
    onText(name, text);
    return parse(text);
  });
}

function parsePrecision(text: string): number {
  const value = Number(text.replace(/%$/, '')) / (text.endsWith('%') ? 100 : 1);
  if (value >= 0 && value < 1) return value;
  throw new InvalidArgumentError(`"${text}" is not a share such as 2% or 0.02.`);
}

const examples = {
  run: (name: string) => `
Lists and ranges run in all combinations: 1,10,100 or 1..8 or 1..1e5:log or 1..1e5:log:20.

Examples:
  gridbook run ${name} --workers 1,2
  gridbook run ${name} --repeats 5 --csv runs.csv
  gridbook run ${name} --json | jq '.records[].durationMs'`,
  sweep: (name: string) => `
Lists and ranges are measured in all combinations: 1,10,100 or 1..8 or 1..1e5:log or 1..1e5:log:20.
A sweep that was interrupted is taken up where it was by the same command.

Examples:
  gridbook sweep ${name} --pc-num 1..1e4:log --report ${name}.html
  gridbook sweep ${name} --pc-num 1..100:log --workers 1,2 --budget 2m`,
};

function commandOf(kind: MeasureKind, workload: Workload, onText: (name: string, text: string) => void): Command {
  const command = configured(new Command(`gridbook ${kind} ${workload.name}`)).description(workload.summary);
  for (const param of workload.params) command.addOption(paramOption(param, onText));
  command
    .addOption(new Option('--workers <w,…>', 'how many workers (default: all)').argParser(axisParser('number')))
    .addOption(
      new Option(
        '--repeats <r>',
        kind === 'run' ? 'how often each combination runs' : 'how often each is measured at most',
      )
        .argParser(parseWholeNumber)
        .default(kind === 'run' ? 1 : 5),
    )
    .addOption(
      new Option('--warmup <r>', 'how many short runs come before, and are not measured')
        .argParser(parseWholeNumber)
        .default(1),
    )
    .addOption(
      new Option('--order <o>', 'random, so that nothing else that changes looks like the points, or grid').choices([
        'random',
        'grid',
      ]),
    )
    .option('--json [file]', 'write everything as JSON; without a file to standard output, and nothing else', homePath)
    .option('--csv [file]', 'write records as CSV; without a file to standard output, and nothing else', homePath)
    .option('--report <file>', 'write a report as one HTML file, with plots and models', homePath)
    .option('--address <a>', 'where the workers are (default: embedded)')
    .option('--workload <file>', 'your own workload, exported by a file, instead of the name');
  if (kind === 'run') {
    command.option('--baseline', 'also run each as a plain loop, and give the speed-up over it');
  } else {
    command
      .addOption(
        new Option(
          '--precision <p>',
          'a point is known well enough at this half width of its interval (default: 2%)',
        ).argParser(parsePrecision),
      )
      .option(
        '--refine',
        'also measure splits between the given ones until the choice of one is certain (default: where they are a range such as 1..1e5:log)',
      )
      .option('--no-refine', 'measure the given ones only')
      .option('--no-baseline', 'do not run each as a plain loop, too')
      .option('--no-resume', 'begin anew, even if the same sweep was interrupted');
  }
  return command
    .addOption(new Option('--budget <time>', 'how long it may take, such as 90s or 5m').argParser(parseDuration))
    .option('--name <name>', 'what the experiment is called')
    .option(
      '--store <file>',
      kind === 'run' ? 'keep it in this store' : 'keep it in this store instead of your own',
      homePath,
    )
    .addHelpText('after', examples[kind](workload.name));
}

/**
 * Reads what follows `gridbook run` or `gridbook sweep`.
 *
 * @throws CommanderError when an option is wrong or help was shown; InvalidArgumentError when the workload is not there.
 */
export async function readMeasureRequest(kind: MeasureKind, args: readonly string[]): Promise<MeasureRequest> {
  const fileAt = args.findIndex((arg) => arg === '--workload' || arg.startsWith('--workload='));
  const [first] = args;
  const file = fileAt < 0 ? undefined : args[fileAt]?.slice('--workload='.length) || args[fileAt + 1];
  const isNamed = first !== undefined && !first.startsWith('-');
  const workload =
    file === undefined ? builtinWorkload(isNamed ? first : 'markov') : await workloadOfFile(homePath(file));
  const texts = new Map<string, string>();
  const command = commandOf(kind, workload, (name, text) => texts.set(name, text));
  command.parse(isNamed ? args.slice(1) : [...args], { from: 'user' });
  const options = command.opts<MeasureOptions>();
  const given: Record<string, unknown> = { ...options };
  const names = [...workload.params.map(({ name }) => name), 'workers'];
  // An option that is there without a value is true.
  const grid = names.flatMap((name) =>
    given[name] === undefined ? [] : [[name, given[name] === true ? [true] : given[name]]],
  );
  return {
    kind,
    workload,
    grid: Object.fromEntries(grid) as MeasureRequest['grid'],
    options: { ...options, refine: options.refine ?? isOpenRange(texts.get(workload.splitBy ?? '') ?? '') },
  };
}
