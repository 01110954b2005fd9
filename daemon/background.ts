// Starts a daemon in a process that outlives its starter, and waits until it serves.
//
// Invariants:
//   B1. What may hold a secret goes through standard input: no argument and no environment has it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import {
  AuthenticationError,
  ConnectionError,
  daemonDirectory,
  isLoopback,
  makeDirectory,
  ResourceError,
} from '../sdk/internal.ts';
import { ensureCertificate } from './certificates.ts';
import type { DaemonConfig } from './config.ts';
import { startingIn } from './home.ts';

const startTimeoutMs = 20_000;
const isSource = import.meta.url.endsWith('.ts');
const mainPath = fileURLToPath(new URL(isSource ? 'daemon-main.ts' : 'daemon-main.js', import.meta.url));
/** A daemon makes little garbage, and stays for days: what it need not keep is given back. */
const memoryFlags = ['--max-semi-space-size=2'];

const word = z.union([
  z.object({ port: z.int().positive() }),
  z.object({ error: z.object({ code: z.string().optional(), message: z.string() }) }),
]);

/**
 * Starts a daemon; gives its port once it serves.
 *
 * @throws ConnectionError, AuthenticationError or ResourceError that says why it cannot.
 */
export function startInBackground(config: DaemonConfig): Promise<number> {
  return startingIn(config.home, () => start(config));
}

async function start(config: DaemonConfig): Promise<number> {
  const { home, host, insecure } = config;
  // What makes a certificate is large; here it is gone again with this process.
  if (!isLoopback(host) && !insecure) await ensureCertificate(home);
  makeDirectory(join(home, 'daemons'));
  // What a process says when it crashes is no record of the log, and has a file of its own.
  const crashPath = join(home, 'daemons', `starting-${process.pid}.err`);
  const crash = openSync(crashPath, 'w', 0o600);
  const { GRIDBOOK_ADDRESS: _, ...env } = process.env; // B1
  const child = spawn(process.execPath, [...memoryFlags, mainPath], {
    detached: true,
    env: { ...env, ...(await compileCache(env)) },
    stdio: ['pipe', 'pipe', crash],
  });
  closeSync(crash);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new TypeError('A daemon was started without pipes');
  try {
    stdin.on('error', () => {}); // its end is told by `exit`
    stdin.end(JSON.stringify(config));
    const port = await portOf(child, stdout, crashPath);
    renameSync(crashPath, join(daemonDirectory(home, port), 'daemon.err'));
    return port;
  } catch (error) {
    child.kill('SIGKILL');
    rmSync(crashPath, { force: true });
    throw error;
  } finally {
    stdout.destroy();
    child.unref();
  }
}

async function portOf(child: ChildProcess, stdout: Readable, crashPath: string): Promise<number> {
  const lines = createInterface({ input: stdout });
  const waiting = new AbortController();
  const { signal } = waiting;
  const timer = setTimeout(() => waiting.abort(), startTimeoutMs);
  try {
    const line = await Promise.race([
      once(lines, 'line', { signal }).then(([text]) => String(text)),
      once(child, 'error', { signal }).then(([error]) => Promise.reject(error)),
      // Its last line may come after its end.
      once(lines, 'close', { signal }).then(() => undefined),
    ]);
    if (line === undefined) throw new ConnectionError(`Cannot start the daemon: it ended at once${crashOf(crashPath)}`);
    return outcome(line);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new ConnectionError(`Cannot start the daemon: it did not serve within ${startTimeoutMs / 1000} s`);
  } finally {
    clearTimeout(timer);
    waiting.abort();
    lines.close();
  }
}

function outcome(line: string): number {
  const said = word.parse(JSON.parse(line));
  if ('port' in said) return said.port;
  const { code, message } = said.error;
  if (code === 'AUTHENTICATION') throw new AuthenticationError(message);
  throw code === 'RESOURCES' ? new ResourceError(message) : new ConnectionError(message);
}

function crashOf(path: string): string {
  const lines = readFileSync(path, 'utf8').split('\n');
  const telling = lines.find((line) => /^\w*Error\b|^FATAL/.test(line.trim()));
  return telling === undefined ? '' : `: ${telling.trim()}`;
}

/**
 * Where the daemon and its workers keep compiled code. When they run from their sources, taking the types out of these needs a
 * compiler, whose 25 MB a daemon would carry for as long as it runs; from the cache it does not load it.
 */
async function compileCache(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  if (!isSource) return {};
  const root = fileURLToPath(new URL('..', import.meta.url));
  const path = join(root, 'node_modules', '.cache', 'gridbook');
  const cache = { NODE_COMPILE_CACHE: path };
  const filledPath = join(path, 'filled');
  const changedMs = Math.max(...['daemon', 'sdk'].flatMap((room) => changeTimesOf(join(root, room))));
  if ((statSync(filledPath, { throwIfNoEntry: false })?.mtimeMs ?? 0) < changedMs) {
    // A daemon that is given nothing to start with loads its code, and ends.
    const filler = spawn(process.execPath, [mainPath], { env: { ...env, ...cache }, stdio: 'ignore' });
    await once(filler, 'close');
    try {
      mkdirSync(path, { recursive: true });
      writeFileSync(filledPath, '');
    } catch {
      return {}; // the sources are somebody else's
    }
  }
  return cache;
}

function changeTimesOf(directory: string): number[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => statSync(join(directory, name)).mtimeMs);
}
