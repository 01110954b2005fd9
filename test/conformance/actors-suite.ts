// Instances that live in workers of their own. A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { currentSession } from '../../sdk/index.ts';
import { type Given, numbers } from './given.ts';

export function actorsSuite(given: Given): void {
  describe('Session.actor()', () => {
    class Account {
      balance: number;
      constructor(start: number) {
        if (start < 0) throw new RangeError('no debts');
        this.balance = start;
      }
      async add(n: number): Promise<number> {
        const before = this.balance;
        await new Promise((resolve) => setTimeout(resolve, 1));
        this.balance = before + n;
        return this.balance;
      }
      exit(): void {
        process.exit(7);
      }
    }

    test('runs calls in order, one at a time, also async ones', async () => {
      const account = given.session.actor(Account, [100]);
      const refs = numbers(20).map(() => account.add(1));
      assert.deepEqual(
        await given.session.get(refs),
        numbers(20).map((i) => 101 + i),
      );
      account.kill();
    });

    test('keeps the order when an earlier call waits for its argument', async () => {
      const account = given.session.actor(Account, [0]);
      const ten = given.session.remote(() => new Promise<number>((resolve) => setTimeout(() => resolve(10), 30)));
      const first = account.add(ten());
      const second = account.add(1);
      assert.deepEqual(await given.session.get([first, second]), [10, 11]);
      account.kill();
    });

    test('a constructor that fails makes every call fail with ActorDiedError', async () => {
      const account = given.session.actor(Account, [-1]);
      await assert.rejects(async () => account.add(1), {
        code: 'ACTOR_DIED',
        message: 'The actor Account is dead: its constructor failed: no debts',
      });
      await assert.rejects(async () => account.add(1), { code: 'ACTOR_DIED' });
    });

    test('takes classes only, and no options that it does not have', () => {
      const call: unknown = Reflect.get(given.session, 'actor');
      assert.ok(call instanceof Function);
      const start = (Class: unknown, args: unknown): unknown => Reflect.apply(call, given.session, [Class, args]);
      assert.throws(() => start(() => 1, []), { code: 'INVALID_ARGUMENT', message: /needs a class/ });
      assert.throws(() => start(Account, 1), { code: 'INVALID_ARGUMENT', message: /must be an array, got 1/ });
      const options: object = { maxRestart: 1 };
      assert.throws(() => given.session.actor(Account, [1], options), /no option "maxRestart"; it has maxRestarts/);
    });

    test('its handle is no value: a task finds an actor by its name', async () => {
      const account = given.session.actor(Account, [1]);
      const take = given.session.remote((_: unknown) => 1);
      assert.throws(() => take({ to: account }), /args\[0\]\.to is an actor; give the actor a name/);
      account.kill();
    });

    test('is constructed anew up to maxRestarts times; a call that it died in is not run again', async () => {
      const account = given.session.actor(Account, [5], { maxRestarts: 1 });
      await account.add(1);
      await assert.rejects(async () => account.exit(), { code: 'ACTOR_DIED', mayHaveRun: true });
      assert.equal(await account.add(1), 6);
      await assert.rejects(async () => account.exit(), { code: 'ACTOR_DIED' });
      await assert.rejects(async () => account.add(1), {
        code: 'ACTOR_DIED',
        message: /its one restart is used up/,
      });
    });

    test('kill() fails what has not settled', async () => {
      const account = given.session.actor(Account, [0]);
      await account.add(1);
      const ref = account.add(1);
      account.kill();
      await assert.rejects(async () => ref, { code: 'ACTOR_DIED', message: /killed/ });
    });

    test('getActor() finds a living actor by its name, and a name is one actor’s at a time', async () => {
      const account = given.session.actor(Account, [0], { name: 'purse' });
      await account.add(1);
      const found = given.session.getActor<Account>('purse');
      assert.equal(await found.add(2), 3);
      assert.throws(() => given.session.actor(Account, [0], { name: 'purse' }), { code: 'INVALID_ARGUMENT' });
      found.kill();
      await assert.rejects(async () => account.add(1), { code: 'ACTOR_DIED', message: /killed/ });
      await assert.rejects(async () => given.session.getActor<Account>('purse').add(1), /no living one of that name/);
      const next = given.session.actor(Account, [7], { name: 'purse' });
      assert.equal(await given.session.getActor<Account>('purse').add(1), 8);
      next.kill();
    });

    test('a name is a text of 1 to 128 letters, to start an actor and to find it, and detached is true or false', () => {
      const names: unknown[] = ['', 5, 'x'.repeat(129)];
      for (const name of names) {
        const refusal = {
          code: 'INVALID_ARGUMENT',
          message: /^The name of an actor must be a text of 1 to 128 letters/,
        };
        const options: object = { name };
        assert.throws(() => given.session.actor(Account, [0], options), refusal);
        assert.throws(() => Reflect.apply(given.session.getActor, given.session, [name]), refusal);
      }
      const inWords: object = { name: 'worded', detached: 'no' };
      assert.throws(() => given.session.actor(Account, [0], inWords), /detached must be true or false, got "no"/);
    });

    test('an actor that died by itself frees its name, and one that is restarted keeps it', async () => {
      given.session.actor(Account, [5], { name: 'phoenix', maxRestarts: 1 });
      await assert.rejects(async () => given.session.getActor<Account>('phoenix').exit(), { code: 'ACTOR_DIED' });
      assert.equal(await given.session.getActor<Account>('phoenix').add(1), 6);
      await assert.rejects(async () => given.session.getActor<Account>('phoenix').exit(), { code: 'ACTOR_DIED' });
      await assert.rejects(async () => given.session.getActor<Account>('phoenix').add(1), /no living one/);
    });

    test('tasks and actors reach an actor by its name, with values and errors', async () => {
      class Teller {
        async pay(n: number): Promise<number> {
          return currentSession().getActor<Account>('bank').add(n);
        }
      }
      const bank = given.session.actor(Account, [0], { name: 'bank' });
      const pay = given.session.remote(async (n: number) => currentSession().getActor<Account>('bank').add(n));
      await given.session.get(numbers(20).map(() => pay(1)));
      const teller = given.session.actor(Teller);
      assert.equal(await teller.pay(5), 25);
      bank.kill();
      await assert.rejects(async () => pay(1), /no living one/);
      teller.kill();
    });

    test('another session finds it by its name, calls it in order, and ends it', async () => {
      const shared = given.session.actor(Account, [100], { name: 'shared' });
      assert.equal(await shared.add(0), 100);
      await using other = await given.open();
      const found = other.getActor<Account>('shared');
      const [theirs, ours] = [numbers(20).map(() => found.add(1)), numbers(20).map(() => shared.add(1))];
      const balances = [await other.get(theirs), await given.session.get(ours)];
      for (const each of balances)
        assert.deepEqual(
          each,
          each.toSorted((a, b) => a - b),
        );
      assert.deepEqual(
        balances.flat().sort((a, b) => a - b),
        numbers(40).map((i) => 101 + i),
      );
      assert.equal(await other.remote(async () => currentSession().getActor<Account>('shared').add(1))(), 141);
      const second = other.actor(Account, [0], { name: 'another' });
      assert.equal(await second.add(1), 1);
      assert.equal(await given.session.getActor<Account>('another').add(1), 2);
      found.kill();
      await assert.rejects(async () => found.add(1), { code: 'ACTOR_DIED' });
      await assert.rejects(async () => shared.add(1), { code: 'ACTOR_DIED', message: /killed/ });
    });

    test('a name that another session has is refused, and is free when that one has ended', async () => {
      const other = await given.open();
      assert.equal(await other.actor(Account, [1], { name: 'one of us' }).add(1), 2);
      await assert.rejects(
        async () => given.session.actor(Account, [0], { name: 'one of us' }).add(1),
        /Cannot start an actor "one of us": one of that name lives/,
      );
      assert.equal(await given.session.getActor<Account>('one of us').add(1), 3);
      await other.close();
      await assert.rejects(async () => given.session.getActor<Account>('one of us').add(1), /no living one/);
      const next = given.session.actor(Account, [5], { name: 'one of us' });
      assert.equal(await next.add(1), 6);
      next.kill();
    });

    test('one that is detached outlives its session, is called by others, and restarted', async () => {
      const creator = await given.open();
      const options = { name: 'clerk', detached: true, maxRestarts: 1 };
      assert.equal(await creator.actor(Account, [10], options).add(1), 11);
      assert.throws(() => creator.actor(Account, [0], { detached: true }), { code: 'INVALID_ARGUMENT' });
      await assert.rejects(async () => given.session.actor(Account, [0], options).add(1), /of that name lives/);
      await creator.close();
      const clerk = given.session.getActor<Account>('clerk');
      assert.deepEqual(await given.session.get(numbers(5).map(() => clerk.add(1))), [12, 13, 14, 15, 16]);
      await assert.rejects(async () => clerk.exit(), { code: 'ACTOR_DIED', mayHaveRun: true });
      await using other = await given.open();
      assert.equal(await other.getActor<Account>('clerk').add(1), 11);
      clerk.kill();
      await assert.rejects(async () => clerk.add(1), { code: 'ACTOR_DIED' });
      await assert.rejects(async () => other.getActor<Account>('clerk').add(1), /no living one/);
      await assert.rejects(async () => other.actor(Account, [-1], options).add(1), /constructor failed/);
      const next = other.actor(Account, [3], options);
      assert.equal(await next.add(1), 4);
      next.kill();
    });

    test('a method that is not there is an error of that call only', async () => {
      const account = given.session.actor(Account, [0]);
      const nothing: unknown = Reflect.get(account, 'nothing');
      assert.ok(typeof nothing === 'function');
      await assert.rejects(async () => nothing(), /"Account\.nothing" .* the actor Account has no such method/);
      assert.equal(await account.add(2), 2);
      account.kill();
      const nameless = given.session.actor(class {});
      const none: unknown = Reflect.get(nameless, 'none');
      assert.ok(typeof none === 'function');
      await assert.rejects(async () => none(), /"anonymous\.none" .* the actor anonymous has no such method/);
      nameless.kill();
    });
  });
}
