// What the tests of function shipping share: shipping and receiving in one process, and reading refusals.

import assert from 'node:assert/strict';
import { type Shipment, type ShipOptions, shipClass, shipFunction } from '../../../sdk/function-shipping/index.ts';
import { receive } from '../../../sdk/function-shipping/receive.ts';
import { InvalidArgumentError } from '../../../sdk/index.ts';

type Callable = (...args: never[]) => unknown;

/** A function of the user's, as the session takes it. */
export type FunctionLike = Parameters<typeof shipFunction>[0];

/** What comes out of a shipment whose code went through JSON, as it does on the wire. */
export async function land(shipment: Shipment | Promise<Shipment>): Promise<unknown> {
  const { code, captures } = await shipment;
  const travelled: typeof code = JSON.parse(JSON.stringify(code));
  assert.deepEqual(travelled, code, 'shipped code is plain data');
  return receive(travelled, captures);
}

/** Ships functions and classes of one test file and receives them. */
export class Carrier {
  readonly #callerUrl: string;

  constructor(callerUrl: string) {
    this.#callerUrl = callerUrl;
  }

  /** Ships a function and receives it. */
  async carry<F extends Callable>(fn: F, options: ShipOptions = {}): Promise<F> {
    const received = await land(shipFunction(fn, { callerUrl: this.#callerUrl, ...options }));
    assert.equal(typeof received, 'function');
    assert.notEqual(received, fn);
    // A shipped function has the type of the one that was shipped.
    return received as F;
  }

  /** Ships a class and receives it. */
  async carryClass<C extends FunctionLike>(Class: C, options: ShipOptions = {}): Promise<C> {
    const received = await land(shipClass(Class, { callerUrl: this.#callerUrl, ...options }));
    assert.equal(typeof received, 'function');
    assert.notEqual(received, Class);
    // A shipped class has the type of the one that was shipped.
    return received as C;
  }
}

/** The message of the refusal that a call throws. */
export function refusalOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof InvalidArgumentError, `refused by ${String(error)}`);
    return error.message;
  }
  throw new assert.AssertionError({ message: 'it was not refused' });
}

/** The message of the refusal that a promise rejects with. */
export async function laterRefusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof InvalidArgumentError, `refused by ${String(error)}`);
  return error.message;
}

/** The line of this call in the file of the test, from 1. */
export function lineHere(): number {
  const [, , frame = ''] = (new Error().stack ?? '').split('\n');
  return Number(/:(\d+):\d+\)?$/.exec(frame)?.[1]);
}
