// The `gridbook` command: which commands and options there are, and what a mistake in them says.
//
// Owns: the options, exit statuses. Does not own: what a command does; that is loaded only when it runs, so that
// `--help` is quick.

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import { exitStatus } from './exit-status.ts';
import type { MarkovCommandOptions } from './markov-options.ts';
import { parseWholeNumber, parseWholeNumbers } from './numbers.ts';

function version(): string {
  const path = findPackageJSON('..', import.meta.url);
  const parsed: unknown = path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}

function oneLine(text: string): string {
  const line = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
  return /^unknown (?!.*Did you mean)/.test(line) ? `${line}; "gridbook --help" lists what there is` : line;
}

const markovExamples = `
Examples:
  gridbook run markov --pc-num 1,10,1000 --baseline
  gridbook run markov --matrix weather.csv --total-count 1e6
  gridbook run markov --matrix-size 10,50,100 --total-count 100_000 --repeats 5 --csv runs.csv
  gridbook run markov --json | jq '.records[].durationMs'`;

function makeProgram(onStatus: (status: number) => void): Command {
  const program = new Command('gridbook')
    .description('Run TypeScript functions on many workers, and see what splitting the work costs.')
    .version(version())
    .exitOverride()
    .configureOutput({
      // One line, whatever is wrong.
      outputError: (text, write) => write(`gridbook: ${oneLine(text)}\n`),
    });
  const run = program.command('run').description('run a workload and measure it').exitOverride();
  run
    .command('markov')
    .description(
      'the limiting distribution of a transition matrix: multiplies totalCount copies of it, split into pcNum tasks. ' +
        'Lists of values run in all combinations.',
    )
    .addOption(
      new Option('--matrix-size <n,…>', 'states of a random matrix, n x n')
        .argParser(parseWholeNumbers)
        .default([10], '10'),
    )
    .addOption(
      new Option('--total-count <N,…>', 'how many matrices are multiplied together')
        .argParser(parseWholeNumbers)
        .default([10_000_000], '1e7'),
    )
    .addOption(new Option('--pc-num <p,…>', 'into how many tasks').argParser(parseWholeNumbers).default([10], '10'))
    .addOption(
      new Option('--matrix <file>', 'your own matrix, .csv or .json, instead of a random one').conflicts(['seed']),
    )
    .addOption(new Option('--seed <s>', 'where the random matrix comes from (default: 1)').argParser(parseWholeNumber))
    .option('--kernel <name>', 'what multiplies: auto, js, wasm or openblas', 'auto')
    .addOption(new Option('--workers <w,…>', 'how many workers (default: one a core)').argParser(parseWholeNumbers))
    .addOption(new Option('--repeats <r>', 'how often each combination runs').argParser(parseWholeNumber).default(1))
    .option('--combine', 'multiply neighbouring products on the workers, so that fewer travel')
    .option('--baseline', 'also run each as a plain loop, and give the speed-up over it')
    .option('--json [file]', 'write records as JSON; without a file to standard output, and nothing else')
    .option('--csv [file]', 'write records as CSV; without a file to standard output, and nothing else')
    .option('--address <a>', 'where the workers are (default: embedded)')
    .addHelpText('after', markovExamples)
    .exitOverride()
    .action(async (options: MarkovCommandOptions, command: Command) => {
      // A size given by the user beside a matrix of the user's own is checked against it.
      const sizes = command.getOptionValueSource('matrixSize') === 'cli' ? options.matrixSize : undefined;
      const { markovCommand } = await import('./markov-command.ts');
      onStatus(
        await markovCommand({ ...options, matrixSize: options.matrix === undefined ? options.matrixSize : sizes }),
      );
    });
  return program;
}

/**
 * Runs the command.
 *
 * @param args - what follows `gridbook` on the command line.
 * @returns the exit status: 0, 1 for a failed run, 2 for wrong usage, 130 when it was interrupted.
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let status: number = exitStatus.done;
  const program = makeProgram((s) => {
    status = s;
  });
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return exitStatus.wrongUsage;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitStatus.done : exitStatus.wrongUsage;
  }
}
