// What the public types allow and what they refuse. It is checked by the compiler and never run.

import {
  type Actor,
  type MapStream,
  type ObjectRef,
  type Remote,
  type RemoteModule,
  type Session,
  TaskError,
} from '../../sdk/index.ts';

/** Exactly the same type, and not only one that fits. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function holds<_T extends true>(): void {}

declare const session: Session;

// Remote functions

const add = session.remote((a: number, b: number) => a + b);
holds<Same<typeof add, Remote<(a: number, b: number) => number>>>();
const sum = add(1, 2);
holds<Same<typeof sum, ObjectRef<number>>>();
holds<Same<Awaited<typeof sum>, number>>();
add(sum, 2);
add(sum, add(1, sum));
// @ts-expect-error - a text is no number
add('1', 2);
// @ts-expect-error - too few arguments
add(1);
// @ts-expect-error - too many arguments
add(1, 2, 3);
const word = session.remote(() => 'x')();
// @ts-expect-error - a reference to a text is no number
add(word, 2);
// @ts-expect-error - no such option
session.remote(() => 1, { maxRetry: 1 });
// @ts-expect-error - an option of another type
add.with({ timeoutMs: '5' });
holds<Same<ReturnType<typeof add.with>, typeof add>>();

const later = session.remote(async (text: string, times?: number) => text.repeat(times ?? 1));
const repeated = later('a');
holds<Same<typeof repeated, ObjectRef<string>>>();
later(word, sum);
const many = session.remote((...all: number[]) => all.length);
many(1, sum, 3);
// @ts-expect-error - a text among the numbers
many(1, 'two');

// References inside of arguments

const total = session.remote(
  (order: { prices: readonly number[]; at: Date; by?: { name: string } }, rates: Map<string, number>) =>
    order.prices.length + rates.size,
);
total({ prices: [1, sum], at: new Date(), by: { name: word } }, new Map([['a', sum]]));
total({ prices: session.put([1]), at: session.put(new Date()) }, session.put(new Map<string, number>()));
// @ts-expect-error - a reference to a text among the numbers
total({ prices: [1, word], at: new Date() }, new Map());
// @ts-expect-error - a text for a name's reference to a number
total({ prices: [], at: new Date(), by: { name: sum } }, new Map());
// @ts-expect-error - a part is missing
total({ prices: [sum] }, new Map());
const anything = session.remote((x: unknown) => x);
anything({ a: [sum] });
const swap = session.remote((pair: [number, string]) => pair);
swap([sum, word]);
// @ts-expect-error - the other way round
swap([word, sum]);

const fromUrl = session.remote<(x: number) => Date>(new URL('file:///x.ts'), 'f');
holds<Same<Awaited<ReturnType<typeof fromUrl>>, Date>>();
// @ts-expect-error - the name of the export is missing
session.remote<() => number>(new URL('file:///x.ts'));

// A ref of one type is no ref of another.
const ofNumber: ObjectRef<number> = sum;
// @ts-expect-error - another type of value
const ofText: ObjectRef<string> = sum;
void [ofNumber, ofText];

// Modules

interface Work {
  double(x: number): number;
  shout(word: string): Promise<string>;
  version: string;
}
type RemoteWork = RemoteModule<Work>;
holds<Same<keyof RemoteWork, 'double' | 'shout'>>();
holds<Same<RemoteWork['shout'], Remote<(word: string) => Promise<string>>>>();
declare const work: RemoteWork;
holds<Same<Awaited<ReturnType<typeof work.shout>>, string>>();
// @ts-expect-error - what is no function is not there
void work.version;

// Actors

class Account {
  balance = 0;
  readonly #owner: string;
  constructor(owner: string, start = 0) {
    this.#owner = owner;
    this.balance = start;
  }
  async add(n: number): Promise<number> {
    this.balance += n;
    return this.balance;
  }
  owner(): string {
    return this.#owner;
  }
}
const account = session.actor(Account, ['anna']);
holds<Same<typeof account, Actor<Account>>>();
holds<Same<keyof typeof account, 'add' | 'owner' | 'kill'>>();
const balance = account.add(sum);
holds<Same<typeof balance, ObjectRef<number>>>();
account.kill();
// @ts-expect-error - fields stay on the worker
void account.balance;
// @ts-expect-error - a text is no number
account.add('1');
session.actor(Account, [word, sum]);
// @ts-expect-error - the constructor takes a text first
session.actor(Account, [5]);

// Getting, waiting

export async function getting(): Promise<void> {
  const one = await session.get(sum);
  holds<Same<typeof one, number>>();
  const pair = await session.get([sum, word]);
  holds<Same<typeof pair, [number, string]>>();
  const fixed = await session.get([sum, word] as const);
  holds<Same<typeof fixed, [number, string]>>();
  const list: ObjectRef<number>[] = [sum];
  const values = await session.get(list);
  holds<Same<typeof values, number[]>>();
  const { ready } = await session.wait(list, { count: 1, timeoutMs: 5 });
  holds<Same<typeof ready, ObjectRef<number>[]>>();
  // @ts-expect-error - get takes refs
  await session.get([1]);
  const put = session.put({ a: [1] });
  holds<Same<typeof put, ObjectRef<{ a: number[] }>>>();
}

// Maps

export async function mapping(): Promise<void> {
  const stream = session.map(async (x: number) => `${x}`, [1, 2]);
  holds<Same<typeof stream, MapStream<string>>>();
  for await (const text of stream) holds<Same<typeof text, string>>();
  session.map(
    session.remote((x: number) => x),
    new Set([1]),
  );
  const ofRefs = session.map((x: number) => x, [sum, 1, session.put(2)]);
  holds<Same<typeof ofRefs, MapStream<number>>>();
  const inferred = session.map((x) => x.length, ['a']);
  holds<Same<typeof inferred, MapStream<number>>>();
  const reduced = await session.reduce(
    (x) => x.length,
    ['a'],
    (a, b) => a + b,
  );
  holds<Same<typeof reduced, number>>();
  const remotely = session.map(
    session.remote(async (x: string) => x.length),
    [word, 'b'],
  );
  holds<Same<typeof remotely, MapStream<number>>>();
  // @ts-expect-error - references to texts are none to numbers
  session.map((x: number) => x, [word]);
  // @ts-expect-error - texts are no numbers
  session.map((x: number) => x, ['a']);
  const total = await session.reduce(
    (x: number) => x,
    [1],
    (a, b) => a + b,
  );
  holds<Same<typeof total, number>>();
  session.map((x: number) => x, [1], { combine: (a: number, b: number) => a + b });
  session.map((x: number) => x, [1], { combine: (a, b) => a + b });
  // @ts-expect-error - it combines numbers, not texts
  session.map((x: number) => x, [1], { combine: (a: string, b: string) => a + b });
}

// Errors

export function explain(error: unknown): string {
  if (error instanceof TaskError) {
    holds<Same<typeof error.remoteStack, string>>();
    return error.taskName;
  }
  return '';
}
