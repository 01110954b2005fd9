// The `gridbook` command: which commands and options there are, and what a mistake in them says.
//
// Owns: the options, exit statuses. Does not own: what a command does; that is loaded only when it runs, so that
// `--help` is quick.

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import type { StartCommandOptions, StatusCommandOptions, StopCommandOptions } from './daemon-options.ts';
import { parseLabels, parseResources } from './daemon-options.ts';
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
  addDaemonCommands(program, onStatus);
  return program;
}

function addDaemonCommands(program: Command, onStatus: (status: number) => void): void {
  program
    .command('start')
    .description('start a head, or a node that joins one, in the background on this machine')
    .addOption(new Option('--head', 'start the first machine of a cluster').conflicts('address'))
    .option('--address <a>', 'join the head of this join string; "-" reads it from standard input')
    .option('--host <h>', 'where it listens (default: 127.0.0.1, or for a node the address that its head sees)')
    .addOption(
      new Option(
        '--port <p>',
        'on which port; 0 for any free one (default: 8265, or for a node any free one)',
      ).argParser(parseWholeNumber),
    )
    .addOption(
      new Option('--workers <n>', 'how many workers run at once (default: one a core)').argParser(parseWholeNumber),
    )
    .addOption(new Option('--labels <k=v,…>', 'what the machine is, for sessions to choose by').argParser(parseLabels))
    .addOption(
      new Option('--resources <json>', 'what the machine has besides cpus, such as {"gpus":2}').argParser(
        parseResources,
      ),
    )
    .option('--foreground', 'stay in the foreground, and log to standard error, too')
    .option('--insecure', 'speak in cleartext beyond this machine: who listens on the network gets the token')
    .addOption(
      new Option('--log-level <level>', 'how much is logged')
        .choices(['trace', 'debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .exitOverride()
    .action(async (options: StartCommandOptions) => {
      const { startCommand } = await import('./start-command.ts');
      onStatus(await startCommand(options));
    });
  program
    .command('stop')
    .description('stop what you started on this machine; running tasks get 10 s to end')
    .addOption(new Option('--all', 'every head and node').conflicts('address'))
    .option('--address <a>', 'the one at this address')
    .exitOverride()
    .action(async (options: StopCommandOptions) => {
      const { stopCommand } = await import('./stop-command.ts');
      onStatus(await stopCommand(options));
    });
  program
    .command('status')
    .description('show nodes, workers, sessions and recent failures')
    .option('--address <a>', 'of which head or node (default: GRIDBOOK_ADDRESS, or the head on this machine)')
    .option('--json', 'as JSON, all that is known')
    .option('--watch', 'again every second')
    .exitOverride()
    .action(async (options: StatusCommandOptions) => {
      const { statusCommand } = await import('./status-command.ts');
      onStatus(await statusCommand(options));
    });
}

/**
 * Runs the command.
 *
 * @param args - what follows `gridbook` on the command line.
 * @returns the exit status: 0, 1 for a failed run, 2 for wrong usage, 130 when it was interrupted.
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  // A join string is a secret, and arguments are for all users to see.
  if (args.some((arg) => arg.includes('gridbook://'))) process.title = 'gridbook';
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
