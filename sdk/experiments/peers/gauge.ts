// How long runs of a peer will take, about, found out by small ones before anything is measured.
//
// A run is taken to cost so much a multiplication and so much a part. Both are read off runs that grow until they take long
// enough to be read, or are as large as anything that is to be measured. They warm the peer up, too.

import type { TransitionMatrix } from '../../workloads/markov/matrix.ts';
import type { Peer } from './peer.ts';

/** A run that takes so long says what a longer one takes. */
const tellingMs = 50;
const smallest = 4;
const growth = 8;

/** The largest that will be measured. */
export interface GaugeLimits {
  readonly totalCountMax: number;
  readonly pcNumMax: number;
}

/** What a run will take, about, in milliseconds. */
export type ExpectedMs = (totalCount: number, pcNum: number) => number;

/**
 * Gauges a peer on a matrix.
 *
 * @throws Error saying why the peer could not; the signal's reason when it was aborted.
 */
export async function gauge(
  peer: Peer,
  work: { readonly matrix: TransitionMatrix; readonly kernel: string; readonly signal: AbortSignal },
  { totalCountMax, pcNumMax }: GaugeLimits,
): Promise<ExpectedMs> {
  const timeOf = async (totalCount: number, pcNum: number): Promise<number> =>
    (await peer.run({ ...work, totalCount, pcNum })).durationMs;
  const perMultiplication = await costOfOne((count) => timeOf(count, 1), totalCountMax);
  if (!peer.isSplit || pcNumMax === 1) return (totalCount) => totalCount * perMultiplication;
  const perPart = await costOfOne((count) => timeOf(count, count), pcNumMax);
  const atOnce = (pcNum: number): number => Math.min(peer.workers, pcNum);
  const overhead = Math.max(0, perPart - perMultiplication / atOnce(pcNumMax));
  return (totalCount, pcNum) => (totalCount * perMultiplication) / atOnce(pcNum) + pcNum * overhead;
}

/** What one of many costs. The first run of a size may have started something: the second one says whether it had. */
async function costOfOne(timeOf: (count: number) => Promise<number>, countMax: number): Promise<number> {
  for (let count = Math.min(smallest, countMax); ; count = Math.min(count * growth, countMax)) {
    let ms = await timeOf(count);
    if (ms >= tellingMs) ms = Math.min(ms, await timeOf(count));
    if (ms >= tellingMs || count === countMax) return ms / count;
  }
}
