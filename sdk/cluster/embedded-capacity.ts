// What the embedded cluster has, and what of it is taken.
//
// Owns: the account of resources. Does not own: who takes them. Callers: embedded.ts.
//
// Invariants:
//   C1. Amounts are whole numbers of ten-thousandths, so that what is taken and given back in fractions comes out even.
//       A request is rounded up and the capacity down: what fits in these units fits in truth.

import type { Resources } from './cluster.ts';

/** By resource: how many ten-thousandths of it. */
export type Amounts = ReadonlyMap<string, number>;

const unitsPerOne = 10_000;
/** Less than any unit: what binary fractions are off by is not rounded to a whole unit. */
const slack = 1e-6;

function unitsOf(resources: Resources, round: (units: number) => number): Map<string, number> {
  return new Map(
    Object.entries(resources).map(([name, amount]) => [
      name,
      Math.min(round(amount * unitsPerOne), Number.MAX_SAFE_INTEGER),
    ]),
  );
}

/** What a request takes (C1). */
export function amountsTaken(resources: Resources): Amounts {
  return unitsOf(resources, (units) => Math.ceil(units - slack));
}

export class Capacity {
  readonly #total: Amounts;
  readonly #used = new Map<string, number>();

  constructor(resources: Resources) {
    this.#total = unitsOf(resources, (units) => Math.floor(units + slack));
  }

  /** What there is of a resource; a name that nobody gave stands for none. */
  total(name: string): number {
    return (this.#total.get(name) ?? 0) / unitsPerOne;
  }

  /** The names of which there can never be enough. */
  never(wanted: Amounts): string[] {
    return [...wanted].filter(([name, units]) => units > (this.#total.get(name) ?? 0)).map(([name]) => name);
  }

  /**
   * The names of which there is not enough now.
   *
   * @param kept - what is not to be had although nobody uses it yet.
   */
  lacking(wanted: Amounts, kept: Amounts): string[] {
    const lacks: string[] = [];
    for (const [name, units] of wanted) {
      const open = (this.#total.get(name) ?? 0) - (this.#used.get(name) ?? 0) - (kept.get(name) ?? 0);
      if (units > 0 && units > open) lacks.push(name);
    }
    return lacks;
  }

  /** Whether there is enough for all of these at once, whatever is used now. */
  holds(all: Iterable<Amounts>): boolean {
    const sum = new Map<string, number>();
    for (const amounts of all) add(sum, amounts, 1);
    return this.never(sum).length === 0;
  }

  take(amounts: Amounts): void {
    add(this.#used, amounts, 1);
  }

  giveBack(amounts: Amounts): void {
    add(this.#used, amounts, -1);
  }
}

/** Adds to an account, or takes from it. */
export function add(account: Map<string, number>, amounts: Amounts, sign: 1 | -1): void {
  for (const [name, units] of amounts) account.set(name, (account.get(name) ?? 0) + sign * units);
}
