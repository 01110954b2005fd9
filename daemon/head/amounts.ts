// Amounts of resources as whole numbers, so that what is taken and given back in fractions comes out even.
//
// Invariants:
//   A1. A request is rounded up and a capacity down, to a thousandth: what fits in these units fits in truth.

import type { Resources } from '../../sdk/internal.ts';

/** By resource: how many thousandths of it. */
export type Amounts = ReadonlyMap<string, number>;
export type MutableAmounts = Map<string, number>;

/** How many leases there may be; no resource that a request names can have this name, which is empty. */
export const slots = '';

const unitsPerOne = 1000;
/** Less than any unit: what binary fractions are off by is not rounded to a whole unit. */
const slack = 1e-6;

/** A1: what a request takes, one slot included. */
export function amountsTaken(resources: Resources): Amounts {
  const amounts: MutableAmounts = new Map([[slots, 1]]);
  for (const [name, amount] of Object.entries(resources)) {
    if (amount > 0) amounts.set(name, Math.min(Math.ceil(amount * unitsPerOne - slack), Number.MAX_SAFE_INTEGER));
  }
  return amounts;
}

/** A1: what a node has. */
export function amountsHad(resources: Resources, leasesMax: number): Amounts {
  const amounts: MutableAmounts = new Map([[slots, leasesMax]]);
  for (const [name, amount] of Object.entries(resources)) {
    amounts.set(name, Math.min(Math.floor(amount * unitsPerOne + slack), Number.MAX_SAFE_INTEGER));
  }
  return amounts;
}

export function amountOf(amounts: Amounts, name: string): number {
  return amounts.get(name) ?? 0;
}

/** Cpus in units: what shares are counted in. */
export function cpusOf(amounts: Amounts): number {
  return amountOf(amounts, 'cpus');
}

/** How many workers of one cpu fit. */
export function workersIn(amounts: Amounts): number {
  return Math.min(Math.floor(cpusOf(amounts) / unitsPerOne), amountOf(amounts, slots));
}

/** The names of what is wanted and is not there. */
export function lacking(wanted: Amounts, there: Amounts): string[] {
  return [...wanted.keys()].filter((name) => amountOf(wanted, name) > amountOf(there, name));
}

export function fits(wanted: Amounts, there: Amounts): boolean {
  for (const [name, amount] of wanted) if (amount > amountOf(there, name)) return false;
  return true;
}

/** Adds to an account, or takes from it; what comes to nothing leaves no entry. */
export function account(account: MutableAmounts, amounts: Amounts, sign: 1 | -1): void {
  for (const [name, amount] of amounts) {
    const sum = amountOf(account, name) + sign * amount;
    if (sum === 0) account.delete(name);
    else account.set(name, sum);
  }
}

/** What is left of a capacity. */
export function remaining(total: Amounts, used: Amounts): MutableAmounts {
  const left: MutableAmounts = new Map(total);
  account(left, used, -1);
  return left;
}

export function areEqual(a: Amounts, b: Amounts): boolean {
  return a.size === b.size && fits(a, b) && fits(b, a);
}

/** For people: `8 cpus`. */
export function amountText(name: string, units: number): string {
  return name === slots ? `${units} more leases` : `${units / unitsPerOne} ${name}`;
}

export function numberText(name: string, units: number): string {
  return String(name === slots ? units : units / unitsPerOne);
}
