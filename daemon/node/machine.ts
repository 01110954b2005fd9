// What the system says of the machine and of processes: load, memory, states.

import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** Of a process. */
export interface ProcessState {
  readonly residentBytes: number;
  /** It was stopped by a signal and does not run until it is continued. */
  readonly isStopped: boolean;
}

/** What the system says of a process; undefined when it is gone, or the system has no such files. */
export function processState(pid: number): ProcessState | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return undefined;
  }
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1];
  return { residentBytes: Number(kibibytes ?? 0) * 1024, isStopped: /^State:\s*T/m.test(text) };
}

/** The memory of the machine, or of the container that this process is in, in bytes. */
export function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
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
