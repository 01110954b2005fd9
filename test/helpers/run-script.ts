// Runs a script of the fixtures in a process of its own, as a user would, and gives what it left behind.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface ScriptEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ScriptOptions {
  args?: readonly string[];
  nodeFlags?: readonly string[];
  /** After this long it is killed, and `signal` is SIGKILL. @default 60000 */
  timeoutMs?: number;
  /** Called with each piece of what it prints on stdout. */
  onOutput?: (piece: string) => void;
}

/** Runs `test/fixtures/e2e/<name>` to its end. */
export async function runScript(name: string, options: ScriptOptions = {}): Promise<ScriptEnd> {
  const { args = [], nodeFlags = [], timeoutMs = 60_000, onOutput } = options;
  const path = fileURLToPath(new URL(`../fixtures/e2e/${name}`, import.meta.url));
  // A flag of the test runner in the environment would turn the script into a test.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  const child = spawn(process.execPath, [...nodeFlags, path, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  if (onOutput !== undefined) child.stdout.on('data', (piece: Buffer) => onOutput(piece.toString()));
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await exit;
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}
