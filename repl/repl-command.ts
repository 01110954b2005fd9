// `gridbook repl`: cells at a prompt, or without one from a pipe or a file.

import { join } from 'node:path';
import { reportingFailure } from './command-failure.ts';
import { exitStatus } from './exit-status.ts';

/** The options of `gridbook repl`. */
export interface ReplCommandOptions {
  readonly address?: string;
  readonly workers?: number;
  /** Begin with the questions of `.explore`. */
  readonly explore?: boolean;
}

/** Runs the command; gives its exit status. @param args - the script's own. */
export function replCommand(
  script: string | undefined,
  args: readonly string[],
  options: ReplCommandOptions,
): Promise<number> {
  return reportingFailure(async () => {
    if (script !== undefined || !process.stdin.isTTY || !process.stdout.isTTY) {
      const { runScript } = await import('./session/script-run.ts');
      return runScript(script === '-' ? undefined : script, args, options);
    }
    return openPrompt(options);
  });
}

async function openPrompt({ explore, ...options }: ReplCommandOptions): Promise<number> {
  const [{ Prompt }, { sessionCommands }, { ownFilesPath }, { wrapLines }] = await Promise.all([
    import('./session/prompt.ts'),
    import('./session/commands.ts'),
    import('./session/plan-memory.ts'),
    import('./session/look.ts'),
  ]);
  // Beside what daemons keep for this user.
  const prompt = new Prompt({ commands: sessionCommands, historyPath: join(ownFilesPath(), 'history') });
  const about = await prompt.shell.connect(options);
  process.stdout.write(`${wrapLines(`Gridbook: ${about}. help() and .help tell more.`, prompt.shell.look)}\n`);
  await prompt.open(explore === true ? '.explore' : undefined);
  await prompt.shell.cells.release();
  await prompt.shell.connection.close();
  // What cells left behind, such as timers and servers, would keep a process without a prompt.
  process.exit(process.exitCode ?? exitStatus.done);
}
