// What the tasks of one function took so far: what the dispatcher expects of the next ones. Pure.

/** A share of all tasks that are one function's: what they took so far. */
export interface FunctionProfile {
  /** What a task is expected to take on its worker, in milliseconds; undefined until one was timed. */
  expectedMs: number | undefined;
}

/** What a task costs beside its function: decoding, the answer. A floor under every expectation, in milliseconds. */
export const taskFloorMs = 0.001;

/** How much the newest batch counts in a function's expectation. */
const profileWeight = 0.3;

/** What a worker claims is not trusted to be a number: NaN would stay in the expectation for ever. */
export function learn(profile: FunctionProfile, taskMs: number): void {
  if (!Number.isFinite(taskMs) || taskMs < 0) return;
  const { expectedMs } = profile;
  profile.expectedMs = expectedMs === undefined ? taskMs : expectedMs + profileWeight * (taskMs - expectedMs);
}

/** So many tasks of a stream are enough while it is not known how long they take. */
const openFirst = 64;
/** So many for each worker are enough where tasks are longer than its window. */
const openPerWorker = 4;
/** However short tasks are, no more are needed than this and those that workers have. */
const openMost = 1024;

/** How many open tasks of a stream keep its workers busy, whose windows hold `windowMs` of expected work each. */
export function openEnough({ expectedMs }: FunctionProfile, workers: number, windowMs: number): number {
  if (expectedMs === undefined) return openFirst;
  const perWindow = windowMs / Math.max(expectedMs, taskFloorMs);
  return Math.min(openMost, workers * Math.max(openPerWorker, perWindow));
}
