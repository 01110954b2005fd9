// What the system says of the machine and of processes: load, memory, states.

import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** Of a process. */
export interface ProcessState {
  readonly residentBytes: number;
  /** It was stopped by a signal and does not run until it is continued. */
  readonly isStopped: boolean;
}

/** What the system says of a process; undefined when it is gone, or the system has no such files. */
export function processState(pid: number): ProcessState | undefined {
  const text = textOf(`/proc/${pid}/status`);
  if (text === undefined) return undefined;
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1];
  return { residentBytes: Number(kibibytes ?? 0) * 1024, isStopped: /^State:\s*T/m.test(text) };
}

/** The limit of the container that this process is in, in bytes; undefined when there is none. */
function containerBytes(): number | undefined {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : undefined;
}

/** The memory of the machine, or of the container that this process is in, in bytes. */
export function memoryBytes(): number {
  return containerBytes() ?? totalmem();
}

/** What of the machine's memory, or of its container's, processes can still have, in bytes. */
export function availableBytes(): number {
  const bytes = process.availableMemory();
  return containerBytes() === undefined ? bytes : bytes + idleFileBytes();
}

/**
 * What a container holds of files that nobody has read lately, in bytes. The system counts it as used, and gives it to
 * whoever needs memory; Kubernetes leaves it out of what a container uses, too.
 *
 * @param root - where `/proc` and `/sys` are.
 */
export function idleFileBytes(root = '/'): number {
  const groups = textOf(join(root, 'proc/self/cgroup')) ?? '';
  const unified = /^0::(.*)$/m.exec(groups)?.[1];
  const legacy = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const [folder, path, name] =
    legacy === undefined
      ? ['sys/fs/cgroup', unified, 'inactive_file']
      : ['sys/fs/cgroup/memory', legacy, 'total_inactive_file'];
  if (path === undefined) return 0;
  // A container may see its own group in the place of the root.
  const text = textOf(join(root, folder, path, 'memory.stat')) ?? textOf(join(root, folder, 'memory.stat')) ?? '';
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Measures how busy all cores were from one call to the next, from 0 to 1. */
export class CpuLoad {
  #busyMs = 0;
  #totalMs = 0;

  constructor() {
    this.measure();
  }

  measure(): number {
    let busyMs = 0;
    let totalMs = 0;
    for (const { times } of cpus()) {
      const { user, nice, sys, irq, idle } = times;
      busyMs += user + nice + sys + irq;
      totalMs += user + nice + sys + irq + idle;
    }
    const total = totalMs - this.#totalMs;
    const load = total > 0 ? (busyMs - this.#busyMs) / total : 0;
    this.#busyMs = busyMs;
    this.#totalMs = totalMs;
    return Math.min(1, Math.max(0, load));
  }
}
