// Three machines in one, a client, a head and a node: network namespaces that are joined pair by pair, and can be cut.
//
// Owns: the namespaces and the rules in them. Does not own: what runs inside.
//
// Invariants:
//   N1. Only addresses of its own are spoken to, which no packet can leave: the pairs lead from one namespace to another.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export type Machine = 'client' | 'head' | 'node';

const machines: readonly Machine[] = ['client', 'head', 'node'];
/** The pairs, each with a net of its own. */
const pairs: readonly (readonly [Machine, Machine])[] = [
  ['client', 'head'],
  ['client', 'node'],
  ['head', 'node'],
];

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Whether this machine and this user can make namespaces and rules. */
export function hasNetworkNamespaces(): boolean {
  if (process.platform !== 'linux') return false;
  const name = `gb-try-${process.pid}`;
  try {
    run('ip', 'netns', 'add', name);
  } catch {
    return false;
  }
  try {
    run('ip', 'netns', 'exec', name, 'iptables', '-A', 'INPUT', '-s', '10.213.9.9', '-j', 'DROP');
    return true;
  } catch {
    return false;
  } finally {
    run('ip', 'netns', 'del', name);
  }
}

let labs = 0;

export class NetworkLab implements Disposable {
  /** Names of interfaces have at most 15 characters. */
  readonly #prefix = `gb${process.pid}n${labs++ % 100}`;

  constructor() {
    try {
      for (const machine of machines) {
        run('ip', 'netns', 'add', this.#name(machine));
        run('ip', '-n', this.#name(machine), 'link', 'set', 'lo', 'up');
      }
      for (const [i, [a, b]] of pairs.entries()) {
        const [ends, names] = [[`${this.#prefix}${i}a`, `${this.#prefix}${i}b`], [a, b].map((m) => this.#name(m))];
        run('ip', 'link', 'add', ends[0]!, 'netns', names[0]!, 'type', 'veth', 'peer', ends[1]!, 'netns', names[1]!);
        for (const [k, name] of names.entries()) {
          run('ip', '-n', name, 'addr', 'add', `10.213.${i}.${k + 1}/24`, 'dev', ends[k]!);
          run('ip', '-n', name, 'link', 'set', ends[k]!, 'up');
        }
      }
      // Each machine has one address, by which all others know it.
      for (const [k, machine] of machines.entries()) {
        run('ip', '-n', this.#name(machine), 'addr', 'add', `10.213.100.${k + 1}/32`, 'dev', 'lo');
      }
      for (const [i, [a, b]] of pairs.entries()) {
        this.#route(a, b, `10.213.${i}.2`);
        this.#route(b, a, `10.213.${i}.1`);
      }
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #name(machine: Machine): string {
    return `${this.#prefix}-${machine}`;
  }

  #route(from: Machine, to: Machine, via: string): void {
    const source = this.addressOf(from);
    run('ip', '-n', this.#name(from), 'route', 'add', `${this.addressOf(to)}/32`, 'via', via, 'src', source);
  }

  addressOf(machine: Machine): string {
    return `10.213.100.${machines.indexOf(machine) + 1}`;
  }

  /** What is put before a command, so that it runs on a machine. */
  on(machine: Machine): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name(machine)];
  }

  /** From now on nothing that `from` sends to `to` arrives. */
  drop(from: Machine, to: Machine): void {
    run(...this.#rule('-A', from, to));
  }

  /** Cuts two machines apart, both ways. */
  cut(a: Machine, b: Machine): void {
    this.drop(a, b);
    this.drop(b, a);
  }

  /** From now on `to` says at once that it takes no connection of `from`'s, as a firewall may. */
  reject(from: Machine, to: Machine): void {
    run(...this.#rule('-A', from, to, ['REJECT', '--reject-with', 'tcp-reset']));
  }

  /** How many packets of `from` have arrived at `to` since the rule was made that counts them. */
  packets(from: Machine, to: Machine): number {
    const [command = '', ...args] = this.on(to);
    const rules = execFileSync(command, [...args, 'iptables', '-nvxL', 'INPUT'], { encoding: 'utf8' });
    const line = rules.split('\n').find((rule) => rule.includes(this.addressOf(from)));
    return Number(line?.trim().split(/\s+/)[0] ?? Number.NaN);
  }

  /** Begins to count what arrives at `to` from `from`. */
  count(from: Machine, to: Machine): void {
    run(...this.#rule('-A', from, to, ['ACCEPT']));
  }

  /** All arrives again. */
  heal(): void {
    for (const machine of machines) run('ip', 'netns', 'exec', this.#name(machine), 'iptables', '-F', 'INPUT');
  }

  #rule(change: string, from: Machine, to: Machine, target: readonly string[] = ['DROP']): [string, ...string[]] {
    const [command = '', ...args] = this.on(to);
    // Only TCP can be told of a rejection, and nothing else is spoken.
    const what = ['INPUT', '-p', 'tcp', '-s', this.addressOf(from), '-j', ...target];
    return [command, ...args, 'iptables', change, ...what];
  }

  [Symbol.dispose](): void {
    for (const machine of machines) {
      if (existsSync(`/run/netns/${this.#name(machine)}`)) run('ip', 'netns', 'del', this.#name(machine));
    }
  }
}
