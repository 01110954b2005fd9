// One daemon at a time in a directory: two that listen on one port, at different addresses of the machine, would take
// each other's sockets and record away.
//
// Owns: the file `lock` in the directory of a daemon. Callers: daemon.ts.
//
// Invariants:
//   X1. The file comes to be with its whole text, which names the process that made it.
//   X2. It counts for as long as that process runs. One that does not count is moved away before another is made, and put
//       back by who finds that it moved a newer one: of several who find it, one goes on.

import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConnectionError, isRunning, processStartOf } from '../sdk/internal.ts';

const holder = z.object({ pid: z.int().positive(), processStart: z.string().nullable() });
/** Each goes wrong only when another daemon starts or ends at the same moment. */
const triesMax = 10;

/** Takes the directory of the daemon on a port; gives how to give it back. @throws ConnectionError when another has it. */
export function lockDirectory(directory: string, port: number): () => void {
  const path = join(directory, 'lock');
  const id = randomUUID();
  const text = JSON.stringify({ pid: process.pid, processStart: processStartOf(process.pid), id });
  const draft = `${path}.${id}`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    for (let tries = 0; tries < triesMax; tries++) {
      if (isDone(() => linkSync(draft, path), 'EEXIST')) return () => void (textIn(path) === text && rmSync(path)); // X1
      const found = textIn(path);
      if (found === undefined) continue;
      const { data } = holder.safeParse(parsed(found));
      if (data !== undefined && isRunning(data)) throw taken(port, `process ${data.pid}`);
      moveAway(path, `${draft}.old`, found);
    }
    throw taken(port, 'several start at once');
  } finally {
    rmSync(draft, { force: true });
  }
}

/** X2 */
function moveAway(path: string, away: string, found: string): void {
  if (!isDone(() => renameSync(path, away), 'ENOENT')) return;
  if (textIn(away) !== found) isDone(() => linkSync(away, path), 'EEXIST');
  rmSync(away);
}

/** Whether it could be done; false when it fails in the way that is expected. */
function isDone(act: () => void, expected: string): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === expected) return false;
    throw error;
  }
}

function textIn(path: string): string | undefined {
  let text: string | undefined;
  isDone(() => {
    text = readFileSync(path, 'utf8');
  }, 'ENOENT');
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function taken(port: number, who: string): ConnectionError {
  return new ConnectionError(
    `Cannot start a daemon on port ${port}: another one of yours has it (${who}); "gridbook stop --address 127.0.0.1:${port}" ends it, or choose another with --port`,
  );
}
