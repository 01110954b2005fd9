// Options of the commands about daemons, as they are typed.

import { InvalidArgumentError } from 'commander';

export interface StartCommandOptions {
  readonly head?: boolean;
  readonly address?: string;
  readonly host?: string;
  readonly port?: number;
  readonly workers?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly resources?: Readonly<Record<string, number>>;
  readonly insecure?: boolean;
  readonly foreground?: boolean;
  readonly logLevel?: string;
}

export interface StopCommandOptions {
  readonly all?: boolean;
  readonly address?: string;
}

export interface StatusCommandOptions {
  readonly address?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Labels: `rack=a,gpu=yes`. @throws commander's InvalidArgumentError saying what would be right. */
export function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) throw new InvalidArgumentError(`"${pair}" is not of the form name=value.`);
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  });
  return Object.fromEntries(pairs);
}

/** Resources: `{"gpus":2}`. @throws commander's InvalidArgumentError saying what would be right. */
export function parseResources(text: string): Record<string, number> {
  const wrong = new InvalidArgumentError('It is not JSON of names and numbers such as \'{"gpus":2}\'.');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrong;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw wrong;
  const amounts = Object.entries(json).map(([name, amount]: [string, unknown]): [string, number] => {
    if (typeof amount !== 'number') throw wrong;
    return [name, amount];
  });
  return Object.fromEntries(amounts);
}
