// The options of `gridbook notebook`: which there are, as they are typed.

import { type Command, Option } from 'commander';
import { parseWholeNumber } from './numbers.ts';

/** The options of `gridbook notebook`. */
export interface NotebookCommandOptions {
  readonly open: boolean;
  readonly start: boolean;
  readonly port?: number;
  readonly dir: string;
  readonly prefix?: string;
  readonly jupyter: string;
}

const help = `
The kernel is tslab, installed beside gridbook (npm install tslab); it runs on the Node that runs this command. What follows
-- is given to Jupyter as it is.

Examples:
  gridbook notebook
  gridbook notebook --dir ~/exploration --port 8890
  gridbook notebook --jupyter ~/venv/bin/jupyter --prefix ~/venv
  gridbook notebook --no-open -- --ip 0.0.0.0`;

/** Adds `gridbook notebook` to the commands. */
export function addNotebookCommand(program: Command, onStatus: (status: number) => void): void {
  program
    .command('notebook')
    .description('explore in Jupyter, in TypeScript: sets up the kernel, puts the notebooks here, opens JupyterLab')
    .argument('[jupyter options...]')
    .option('--no-open', 'do not open a browser: JupyterLab says its address')
    .option('--no-start', 'set everything up, and do not start JupyterLab')
    .addOption(new Option('--port <p>', 'where JupyterLab listens (default: it chooses)').argParser(parseWholeNumber))
    .option('--dir <folder>', 'where the notebooks are put; those that are there stay as they are', '.')
    .option('--prefix <folder>', 'set the kernel up in this Python environment (default: for you, in all)')
    .option('--jupyter <command>', 'which Jupyter', 'jupyter')
    .addHelpText('after', help)
    .exitOverride()
    .action(async (extra: string[], options: NotebookCommandOptions) => {
      const { notebookCommand } = await import('./notebook-command.ts');
      onStatus(await notebookCommand(options, extra));
    });
}
