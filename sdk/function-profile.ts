// What the tasks of one function took so far: what the dispatcher expects of the next one. Pure.

/** A share of all tasks that are one function's: what they took so far. */
export interface FunctionProfile {
  /** What a task is expected to take on its worker, in milliseconds; undefined until one was timed. */
  expectedMs: number | undefined;
}

/** How much the newest batch counts in a function's expectation. */
const profileWeight = 0.3;

/** What a worker claims is not trusted to be a number: NaN would stay in the expectation for ever. */
export function learn(profile: FunctionProfile, taskMs: number): void {
  if (!Number.isFinite(taskMs) || taskMs < 0) return;
  const { expectedMs } = profile;
  profile.expectedMs = expectedMs === undefined ? taskMs : expectedMs + profileWeight * (taskMs - expectedMs);
}
