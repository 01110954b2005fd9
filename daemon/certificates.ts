// The certificate of a daemon that listens beyond loopback. It is signed by itself: what proves it is its fingerprint,
// which travels in the join string. Kept in the home directory, so that join strings outlive a restart.

import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AuthenticationError } from '../sdk/internal.ts';
import { putOnce } from './tokens.ts';

/** A certificate with its key, as TLS takes them. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, as hexadecimal pairs with colons. */
  readonly fingerprint: string;
}

const dayMs = 86_400_000;
const validDays = 3650;
/** One that ends sooner is made anew. */
const daysLeftLeast = 30;

/** The user's certificate, made when there is none that is valid for long enough. */
export async function ensureCertificate(home: string): Promise<Certificate> {
  const path = join(home, 'certificate.pem');
  const known = readCertificate(path);
  if (known !== undefined) return known;
  // Loaded only now: it takes more memory than the rest of a daemon, and is needed once in years.
  const { generate } = await import('selfsigned');
  const now = Date.now();
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'gridbook' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // The clock of another machine may be behind.
    notBeforeDate: new Date(now - dayMs),
    notAfterDate: new Date(now + validDays * dayMs),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'gridbook' }] }],
  });
  putOnce(path, `${key.trim()}\n${cert.trim()}\n`);
  return ensureCertificate(home);
}

function readCertificate(path: string): Certificate | undefined {
  let text: string;
  try {
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      throw new AuthenticationError(
        `The key of the certificate in ${path} can be read by others: remove the file, and a new one is made`,
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const [key, cert] = text.match(/-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----/g) ?? [];
  const parsed = cert === undefined ? undefined : parse(cert);
  const isGood = parsed !== undefined && Date.parse(parsed.validTo) - Date.now() > daysLeftLeast * dayMs;
  if (key !== undefined && cert !== undefined && isGood) return { key, cert, fingerprint: parsed.fingerprint256 };
  rmSync(path, { force: true });
  return undefined;
}

function parse(cert: string): X509Certificate | undefined {
  try {
    return new X509Certificate(cert);
  } catch {
    return undefined;
  }
}
