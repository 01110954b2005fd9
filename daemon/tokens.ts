// Tokens: made, kept, and compared.
//
// Whoever has the token of a daemon can run anything as its user. It is in one file that only the user can read, and in
// nothing that others see: no argument, no log, no environment of a task.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readToken } from '../sdk/internal.ts';

const tokenBytes = 32;

/** The user's own token, made when there is none yet. @throws AuthenticationError when others can read it. */
export function ensureToken(home: string): string {
  const path = join(home, 'token');
  const known = readToken(path);
  if (known !== undefined) return known;
  const token = randomBytes(tokenBytes).toString('base64url');
  return putOnce(path, `${token}\n`) ? token : ensureToken(home);
}

/** Writes a private file whole, unless another process has just done so; says whether it did. */
export function putOnce(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares tokens with one token, in a time that tells nothing of either. */
export class TokenCheck {
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = digestOf(token);
  }

  /** Whether an `Authorization` header carries the token. */
  accepts(authorization: string | undefined): boolean {
    const given = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1] ?? '';
    // Digests are of one length, whatever came.
    return timingSafeEqual(digestOf(given), this.#digest);
  }
}
