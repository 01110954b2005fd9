// Runs a command to its end, with this Node first on the path, as npm's scripts have it.

import { execFile } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** npm may have to fetch packages; a machine's network may be slow. */
const commandMsMax = 300_000;

/**
 * The environment of a command. npm's own variables are left out: they say what runs this test, not what it runs; so is the
 * code that tests keep compiled, which users do not have.
 */
export function commandEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (
      !/^(npm_(lifecycle|package|command|execpath|node_execpath)|NODE_TEST_CONTEXT|NODE_OPTIONS|NODE_COMPILE_CACHE|GRIDBOOK_)/.test(
        name,
      )
    ) {
      env[name] = value;
    }
  }
  env['PATH'] = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;
  return env;
}

/** Runs a command. @returns what it printed. @throws with what it said, when it does not end with 0. */
export async function runCommand(
  folder: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = commandEnvironment(),
): Promise<string> {
  const { stdout } = await run(command, args, {
    cwd: folder,
    env,
    timeout: commandMsMax,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout;
}
