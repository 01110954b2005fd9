// The names by which sessions and workers speak of the same thing.

/** A task of one session: counts up from 1 and is never used twice. */
export type TaskId = number;

/** A function as one session numbers it; the worker gets its code under this number once. */
export type FunctionId = number;

/** One lease of a worker. A worker that is leased again has another one, so that late frames are recognised. */
export type LeaseId = string;
