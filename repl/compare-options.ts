// The options of `gridbook compare`: which there are, as they are typed.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from './duration-option.ts';
import { homePath } from './home-path.ts';
import { parseWholeNumber, parseWholeNumbers } from './numbers.ts';

/** The options of `gridbook compare markov`. */
export interface CompareCommandOptions {
  readonly with: readonly string[];
  /** Undefined when the matrix says it. */
  readonly matrixSize: readonly number[] | undefined;
  readonly totalCount: readonly number[];
  readonly pcNum: readonly number[];
  readonly matrix?: string;
  readonly seed?: number;
  readonly kernel: string;
  readonly workers?: number;
  readonly repeats: number;
  /** In milliseconds. */
  readonly budget: number;
  readonly python?: string;
  readonly resume: boolean;
  /** True for standard output. */
  readonly json?: string | true;
  readonly csv?: string | true;
  readonly report?: string;
  readonly address?: string;
}

const examples = `
Peers:
  baseline         the plain loop in this process, with the same kernel
  baseline-js      the plainest loop in this process
  numpy            a plain loop in one Python process
  ray              ray-tasks, ray-actor and ray-actors: tasks, one actor, and an actor a core
  piscina          piscina-tasks and piscina-batches: a part a call, and up to a hundred parts a call
Each of ray-tasks, ray-actor … can be named alone. What is not installed is named with the command that installs it, and the
rest is measured. Ray listens on the network while it runs, as it does wherever it is started. A comparison that was
interrupted is taken up where it was by the same command.

Examples:
  gridbook compare markov --with baseline,numpy
  gridbook compare markov --with baseline,numpy,ray,piscina --python venv/bin/python --report compare.html
  gridbook compare markov --with ray-actors --total-count 1e6 --pc-num 10,1000 --json | jq '.rows[]'`;

/** Adds `gridbook compare` to the commands. */
export function addCompareCommand(program: Command, onStatus: (status: number) => void): void {
  const compare = program.command('compare').description('measure others that compute the same beside gridbook');
  compare.exitOverride();
  compare
    .command('markov')
    .description(
      'the computation of "run markov" on each peer, interleaved at random. Lists of values run in all combinations.',
    )
    .addOption(
      new Option('--with <peer,…>', 'who is measured beside gridbook')
        .argParser(parseNames)
        .default(['baseline'], 'baseline'),
    )
    .addOption(
      new Option('--matrix-size <n,…>', 'states of a random matrix, n x n')
        .argParser(parseWholeNumbers)
        .default([10], '10'),
    )
    .addOption(
      new Option('--total-count <N,…>', 'how many matrices are multiplied together')
        .argParser(parseWholeNumbers)
        .default([500_000, 10_000_000], '5e5,1e7'),
    )
    .addOption(
      new Option('--pc-num <p,…>', 'into how many parts')
        .argParser(parseWholeNumbers)
        .default([1, 10, 10_000, 100_000], '1,10,1e4,1e5'),
    )
    .addOption(
      new Option('--matrix <file>', 'your own matrix, .csv or .json, instead of a random one')
        .argParser(homePath)
        .conflicts(['seed']),
    )
    .addOption(new Option('--seed <s>', 'where the random matrix comes from (default: 1)').argParser(parseWholeNumber))
    .option('--kernel <name>', 'what multiplies where it is ours: auto, js, wasm or openblas', 'auto')
    .addOption(
      new Option('--workers <w>', 'how many workers gridbook has (default: one a core)').argParser(parseWholeNumber),
    )
    .addOption(
      new Option('--repeats <r>', 'how often each point is measured, at most').argParser(parseWholeNumber).default(5),
    )
    .addOption(
      new Option('--budget <time>', 'how long a peer may repeat one point; each is measured twice at least')
        .argParser(parseDuration)
        .default(30_000, '30s'),
    )
    .option('--python <path>', 'the Python that has numpy and Ray (default: GRIDBOOK_PYTHON, or python3)', homePath)
    .option('--no-resume', 'begin anew, even if the same comparison was interrupted')
    .option(
      '--json [file]',
      'write all that was measured as JSON; without a file to standard output, and nothing else',
      homePath,
    )
    .option('--csv [file]', 'write the runs as CSV; without a file to standard output, and nothing else', homePath)
    .option('--report <file>', 'write a report as one HTML file', homePath)
    .option('--address <a>', 'where the workers of gridbook are (default: embedded)')
    .addHelpText('after', examples)
    .exitOverride()
    .action(async (options: CompareCommandOptions, command: Command) => {
      // A size given by the user beside a matrix of the user's own is checked against it.
      const sizes = command.getOptionValueSource('matrixSize') === 'cli' ? options.matrixSize : undefined;
      const { compareCommand } = await import('./compare-command.ts');
      onStatus(
        await compareCommand({ ...options, matrixSize: options.matrix === undefined ? options.matrixSize : sizes }),
      );
    });
}

/** Names separated by commas. @throws commander's InvalidArgumentError saying what would be right. */
function parseNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError(`"${text}" is not names separated by commas.`);
  return names;
}
