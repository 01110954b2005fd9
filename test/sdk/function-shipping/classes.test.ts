// Classes: those of actors and those that functions capture.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import { shipClass, shipFunction } from '../../../sdk/function-shipping/index.ts';
import { Carrier, land, refusalOf } from './carry.ts';

const carrier = new Carrier(import.meta.url);
const callerUrl = import.meta.url;
const start = 5;

class Counter {
  static made = 0;
  static #limit = 100;
  static readonly largest = Counter.#limit;
  #count: number;
  readonly step = start - 4;

  static {
    Counter.made = 1;
  }

  static from(text: string): Counter {
    return new Counter(Number(text));
  }

  static get limit(): number {
    return Counter.#limit;
  }

  constructor(count = 0) {
    this.#count = count;
    Counter.made++;
  }

  get count(): number {
    return this.#count;
  }

  set count(value: number) {
    this.#count = value;
  }

  #bounded(n: number): number {
    return Math.min(n, Counter.#limit);
  }

  add(n: number): number {
    this.#count = this.#bounded(this.#count + n * this.step);
    return this.#count;
  }

  async addLater(n: number): Promise<number> {
    await null;
    return this.add(n);
  }

  *[Symbol.iterator](): Generator<number> {
    yield this.#count;
  }

  isCounter(other: object): boolean {
    return #count in other;
  }
}

class Animal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  speak(): string {
    return `${this.name} makes a sound`;
  }

  young(): Animal {
    return new Dog(`young ${this.name}`);
  }
}

class Dog extends Animal {
  override speak(): string {
    return `${super.speak()}: woof`;
  }
}

class Puppy extends Dog {
  static readonly kind = Dog.name;
  readonly parent = new Dog('parent');
}

describe('shipClass()', () => {
  test('ships static, private and computed members, accessors and static blocks', async () => {
    const Received = await carrier.carryClass(Counter, { capture: { start } });
    const counter = new Received(1);
    assert.equal(counter.add(2), 3);
    assert.equal(await counter.addLater(1000), 100);
    counter.count = 7;
    assert.deepEqual([counter.count, [...counter], Received.limit, Received.largest], [7, [7], 100, 100]);
    assert.deepEqual([Received.made, Received.from('9').count, Received.made], [2, 9, 3]);
    assert.deepEqual([counter.isCounter(counter), counter.isCounter(new Counter())], [true, false]);
    assert.equal(Received.name, 'Counter');
  });

  test('makes a class anew, whatever was done to the one here', async () => {
    const before = Counter.made;
    const Received = await carrier.carryClass(Counter, { capture: { start } });
    assert.equal(Received.made, 1);
    new Received();
    assert.equal(Counter.made, before);
  });

  test('ships a class that extends a captured one, as deep as they go', async () => {
    const Received = await carrier.carryClass(Puppy, { capture: { Dog, Animal } });
    const puppy = new Received('Rex');
    assert.equal(puppy.speak(), 'Rex makes a sound: woof');
    assert.equal(puppy.parent.speak(), 'parent makes a sound: woof');
    assert.equal(Received.kind, 'Dog');
    assert.equal(puppy.young().speak(), 'young Rex makes a sound: woof');
  });

  test('makes a class before those that extend it, whichever is met first', async () => {
    const capture = { Animal, Dog, Puppy };
    for (const speak of [
      (name: string) => new Animal(name).young().speak(),
      (name: string) => new Dog(`young ${name}`).speak(),
      (name: string) => [new Puppy(''), new Animal('')].length && new Dog(`young ${name}`).speak(),
    ]) {
      const received = await carrier.carry(speak, { capture, unusedCapture: 'allow' });
      assert.equal(received('Tom'), 'young Tom makes a sound: woof');
    }
    const Received = await carrier.carryClass(Animal, { capture: { Dog, Animal } });
    assert.ok(new Received('a').young() instanceof Received);
  });

  test('makes a class early that another needs while it is made, by way of a function', async () => {
    // biome-ignore lint/complexity/noStaticOnlyClass: static members are what is tested
    class Settings {
      static readonly size = 3;
      static table(): number[] {
        return Table.make();
      }
    }
    const sizeOf = () => Settings.size;
    // biome-ignore lint/complexity/noStaticOnlyClass: static members are what is tested
    class Table {
      static readonly size = sizeOf();
      static make(): number[] {
        return new Array(Table.size).fill(0);
      }
    }
    const received = await carrier.carry(() => [Table.size, Settings.table().length], {
      capture: { Settings, sizeOf, Table },
    });
    assert.deepEqual(received(), [3, 3]);
    const first = await carrier.carry(() => [Settings.table().length, Table.size], {
      capture: { Settings, sizeOf, Table },
    });
    assert.deepEqual(first(), [3, 3]);
  });

  test('ships a class that extends one of Node or of the language', async () => {
    class Bell extends EventEmitter {
      ring(): number {
        let heard = 0;
        this.once('ring', () => heard++);
        this.emit('ring');
        this.emit('ring');
        return heard;
      }
    }
    const Received = await carrier.carryClass(Bell);
    assert.equal(new Received().ring(), 1);
    assert.ok(new Received() instanceof EventEmitter);
    class ListError extends Error {
      readonly items = [1, 2];
    }
    const Failure = await carrier.carryClass(ListError);
    const failure = new Failure('x');
    assert.ok(failure instanceof Error && failure instanceof Failure);
    assert.deepEqual([failure.message, failure.items], ['x', [1, 2]]);
    class Stack extends Array<number> {
      top() {
        return this.at(-1);
      }
    }
    assert.equal(new (await carrier.carryClass(Stack))(1, 2, 3).top(), 3);
  });

  test('gives an expression its name while its static members are made', async () => {
    // biome-ignore lint/complexity/noStaticOnlyClass: static members are what is tested
    const Named = class {
      static readonly own = this.name;
    };
    const Received = await carrier.carryClass(Named);
    assert.deepEqual([Received.name, Received.own], ['Named', 'Named']);
    // biome-ignore lint/complexity/noStaticOnlyClass: static members are what is tested
    const Frozen = class {
      static {
        // biome-ignore lint/complexity/noThisInStatic: the class has no other name
        Object.freeze(this);
      }
    };
    assert.equal((await carrier.carryClass(Frozen)).name, 'Frozen');
    const Renamed = Object.freeze(Object.defineProperty(class {}, 'name', { value: 'Other' }));
    assert.equal((await carrier.carryClass(Renamed)).name, 'Other');
  });

  test('leaves a static member alone that is called name', async () => {
    class Odd {
      static readonly name = 'mine';
      readonly field = 1;
    }
    assert.equal((await carrier.carryClass(Odd)).name, 'mine');
    const Method: unknown = new Function('return class Method { static name() { return "called" } }')();
    assert.ok(Method instanceof Function);
    const { code } = await shipClass(Method, { callerUrl });
    assert.equal(code.name, 'anonymous');
    const received = await land({ code, captures: {} });
    assert.ok(received instanceof Function);
    assert.equal(Reflect.apply(new Function('C', 'return C.name()'), undefined, [received]), 'called');
  });

  test('lets a function use a captured class, and instances know it', async () => {
    class Point {
      readonly x: number;
      constructor(x: number) {
        this.x = x;
      }
      plus(other: Point): Point {
        return new Point(this.x + other.x);
      }
    }
    const sum = await carrier.carry((a: number, b: number) => new Point(a).plus(new Point(b)).x, {
      capture: { Point },
    });
    assert.equal(sum(1, 2), 3);
    const same = await carrier.carry(() => new Point(1) instanceof Point, { capture: { Point } });
    assert.equal(same(), true);
  });

  test('refuses a class as a task and a function as an actor', () => {
    assert.match(
      refusalOf(() => shipFunction(Counter, { callerUrl, capture: { start } })),
      /Cannot ship "Counter": it is a class, which is not called\. Use session\.actor\(Class\)/,
    );
    assert.match(
      refusalOf(() => shipClass(() => 0, { callerUrl })),
      /it is a function, but an actor needs a class/,
    );
  });

  test('refuses a variable of the file that a class uses and that was not captured', () => {
    assert.match(
      refusalOf(() => shipClass(Counter, { callerUrl })),
      /"start" \(classes\.test\.ts:18\), declared in line 11/,
    );
    assert.match(
      refusalOf(() => shipClass(Dog, { callerUrl })),
      /"Animal" \(classes\.test\.ts:\d+\), declared in line \d+/,
    );
  });
});
