// `gridbook experiments`: its commands and their options. What they do is loaded only when it runs.

import { type Command, Option } from 'commander';
import { configured } from './commander-settings.ts';
import {
  type CompareCommandOptions,
  type DeleteCommandOptions,
  type ExportCommandOptions,
  exportFormats,
  type ListCommandOptions,
  type ShowCommandOptions,
} from './experiments-options.ts';
import { homePath } from './home-path.ts';
import { parseWholeNumber } from './numbers.ts';

const which = 'its id, the beginning of its id, or its name';
const examples = `
Examples:
  gridbook experiments list --workload markov
  gridbook experiments show 3f9a
  gridbook experiments export 3f9a --out report.html
  gridbook experiments compare 3f9a 71c0`;

/** Adds `experiments` to the commands. */
export function addExperimentsCommand(program: Command, onStatus: (status: number) => void): void {
  const experiments = configured(
    program.command('experiments').description('what was measured and kept: list, show, export, compare, delete'),
  ).addHelpText('after', examples);
  const add = (form: string, description: string): Command =>
    configured(
      experiments
        .command(form)
        .description(description)
        .option(
          '--store <file>',
          'where they are kept (default: experiments.sqlite in GRIDBOOK_HOME, or in ~/.gridbook)',
          homePath,
        ),
    );
  add('list', 'list experiments, the newest first')
    .option('--workload <name>', 'those of one workload')
    .addOption(new Option('--limit <n>', 'the newest so many').argParser(parseWholeNumber))
    .option('--json', 'as JSON, all that is known but the records')
    .action(async (options: ListCommandOptions) => {
      onStatus(await (await import('./experiments-command.ts')).listExperiments(options));
    });
  add('show', 'show what an experiment measured, and what it says')
    .argument('<experiment>', which)
    .addOption(
      new Option(
        '--plot <kind,…>',
        'also as charts: time, throughput, efficiency, speedup, latency, breakdown',
      ).argParser((text) => text.split(',').map((kind) => kind.trim())),
    )
    .option('--json', 'as JSON, with all records')
    .action(async (experiment: string, options: ShowCommandOptions) => {
      onStatus(await (await import('./experiments-command.ts')).showExperiment(experiment, options));
    });
  add('export', 'write an experiment as a file for others')
    .argument('<experiment>', which)
    .addOption(
      new Option('--format <format>', 'what is written (default: as --out ends, or json)').choices(exportFormats),
    )
    .option('--out <file>', 'where to (default: standard output)', homePath)
    .action(async (experiment: string, options: ExportCommandOptions) => {
      onStatus(await (await import('./experiments-command.ts')).exportExperiment(experiment, options));
    });
  add('compare', 'say in what two experiments differ, and which differences are real')
    .argument('<A>', which)
    .argument('<B>', 'likewise; it is compared with A')
    .option('--json', 'as JSON')
    .action(async (a: string, b: string, options: CompareCommandOptions) => {
      onStatus(await (await import('./experiments-command.ts')).compareTwo(a, b, options));
    });
  add('delete', 'delete experiments with their records, without asking')
    .argument('<experiment...>', which)
    .action(async (_: string, options: DeleteCommandOptions, command: Command) => {
      onStatus(await (await import('./experiments-command.ts')).deleteExperiments(command.args, options));
    });
}
