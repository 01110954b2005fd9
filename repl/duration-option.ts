// A length of time as a person types it: `90s`, `5m`, `1h`, `250ms`.

import { InvalidArgumentError } from 'commander';

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function isUnit(text: string): text is keyof typeof unitsMs {
  return Object.hasOwn(unitsMs, text);
}

/** Milliseconds. @throws commander's InvalidArgumentError saying what would be right. */
export function parseDuration(text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(\D*)$/.exec(text.trim()) ?? [];
  const known = unit === '' ? 's' : unit;
  if (amount === undefined || !isUnit(known) || Number(amount) === 0) {
    throw new InvalidArgumentError(`"${text}" is not a time such as 250ms, 90s, 5m or 1h.`);
  }
  return Number(amount) * unitsMs[known];
}
