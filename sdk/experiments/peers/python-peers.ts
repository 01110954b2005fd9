// The peers in Python: a plain loop with numpy, and three programs on Ray that share one process and its Ray.

import { z } from 'zod';
import type { TransitionMatrix } from '../../workloads/markov/matrix.ts';
import type { Peer, PeerName, PeerOutcome, PeerWork } from './peer.ts';
import { type PythonOptions, PythonProcess, programsFolder, type StartedPython } from './python-process.ts';

const outcome = z.object({
  durationMs: z.number().nonnegative(),
  limit: z.array(z.number()),
  rowSpread: z.number(),
});

/** Names as people write them. */
const titles: Readonly<Record<string, string>> = { python: 'Python', ray: 'Ray' };

/** Peers of one Python process, and how it is ended; or what is not there. */
export type OpenedPython =
  | { readonly peers: readonly Peer[]; close(): Promise<void> }
  | Extract<StartedPython, { missing: unknown }>;

/** Starts the program of numpy, or of Ray, and gives the peers that are asked for. */
export async function openPythonPeers(
  program: 'numpy' | 'ray',
  names: readonly PeerName[],
  cores: number,
  options: Omit<PythonOptions, 'args'>,
): Promise<OpenedPython> {
  const path = `${programsFolder}${program}_markov.py`;
  const started = await PythonProcess.start(path, { ...options, args: [String(cores)] });
  if ('missing' in started) return started;
  const computation = new PythonMarkov(started.process);
  const peers = names.map((name): Peer => {
    const isSplit = program === 'ray';
    const workers = isSplit && name !== 'ray-actor' ? cores : 1;
    return { name, madeOf: computation.madeOf, workers, isSplit, run: (work) => computation.run(name, work) };
  });
  return { peers, close: () => started.process.close() };
}

/** The computation in a Python process. */
class PythonMarkov {
  readonly #process: PythonProcess;
  /** What the program has; it is sent again only when it is another. */
  #matrix: TransitionMatrix | undefined;
  readonly madeOf: string;

  constructor(process: PythonProcess) {
    this.#process = process;
    const versions = Object.entries(process.versions).map(([name, version]) => `${titles[name] ?? name} ${version}`);
    this.madeOf = versions.reverse().join(', ');
  }

  async run(program: PeerName, { matrix, totalCount, pcNum, signal }: PeerWork): Promise<PeerOutcome> {
    const news = matrix === this.#matrix ? {} : { matrix: rowsOf(matrix) };
    this.#matrix = matrix;
    const answer = outcome.safeParse(await this.#process.ask({ program, totalCount, pcNum, ...news }, { signal }));
    if (!answer.success || answer.data.limit.length !== matrix.n) {
      throw new Error('Its answer is not a time and a limit with one number a state');
    }
    return { ...answer.data, kernel: 'numpy' };
  }
}

function rowsOf({ n, values }: TransitionMatrix): number[][] {
  return Array.from({ length: n }, (_, i) => [...values.subarray(i * n, (i + 1) * n)]);
}
