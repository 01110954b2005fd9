// The `gridbook` command: which commands and options there are, and what a mistake in them says.
//
// Owns: the options, exit statuses. Does not own: what a command does; that is loaded only when it runs, so that
// `--help` is quick.

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import { reportingFailure } from './command-failure.ts';
import { configured } from './commander-settings.ts';
import { addCompareCommand } from './compare-options.ts';
import type { StartCommandOptions, StatusCommandOptions, StopCommandOptions } from './daemon-options.ts';
import { parseLabels, parseResources } from './daemon-options.ts';
import { exitStatus } from './exit-status.ts';
import { addExperimentsCommand } from './experiments-program.ts';
import { addNotebookCommand } from './notebook-options.ts';
import { parseWholeNumber } from './numbers.ts';
import { addReplCommand } from './repl-options.ts';

function version(): string {
  const path = findPackageJSON('..', import.meta.url);
  const parsed: unknown = path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}

function makeProgram(onStatus: (status: number) => void): Command {
  const program = configured(new Command('gridbook'))
    .description('Run TypeScript functions on many workers, and see what splitting the work costs.')
    .version(version());
  addMeasureCommand(
    program,
    'run',
    'run a workload and measure it: markov, noop, spin, matmul, pi, or your own',
    onStatus,
  );
  addMeasureCommand(program, 'sweep', 'measure a workload over a grid, and find out how it is best split', onStatus);
  addExperimentsCommand(program, onStatus);
  addCompareCommand(program, onStatus);
  addReplCommand(program, onStatus);
  addNotebookCommand(program, onStatus);
  addDaemonCommands(program, onStatus);
  return program;
}

/** The options depend on the workload, and are read when it is known (measure-options.ts). */
function addMeasureCommand(
  program: Command,
  kind: 'run' | 'sweep',
  description: string,
  onStatus: (status: number) => void,
): void {
  configured(program.command(kind))
    .description(description)
    .usage('[workload] [options]')
    .argument('[workload]')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_workload: unknown, _options: unknown, { args }: Command) => {
      const { measureFromArguments } = await import('./measure-command.ts');
      onStatus(await reportingFailure(() => measureFromArguments(kind, args)));
    });
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
  if (args.length === 0 && process.stdin.isTTY && process.stdout.isTTY) {
    const { startMenu } = await import('./start-menu.ts');
    const chosen = await startMenu(program.commands.map((command) => command.name()));
    if (chosen === undefined) return exitStatus.interrupted;
    return chosen.length === 0 ? exitStatus.done : runCommandLine(chosen);
  }
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
