// What the calls of a session can be given beside their arguments, and that it is nothing else.

import { InvalidArgumentError } from './errors.ts';
import type { MapProgress } from './map.ts';
import type { Remote } from './remote.ts';
import { checkBoolean, checkNames, type TaskOptions, taskOptionNames } from './task-options.ts';
import { shownOf } from './text-of.ts';

/** Options of `remote` beside those of the task. */
export interface RemoteOptions extends TaskOptions {
  /** Values of variables that the function uses and that are not its own. */
  capture?: Readonly<Record<string, unknown>> | undefined;
}

/** A remote function of one input, named without its call as `RemoteCombine` is. */
export type RemoteMapper<T, R> = Pick<Remote<(input: T) => R>, 'name' | 'with'>;

/**
 * A remote function that combines two neighbours. Named without its call, so that the parameters of a plain function in
 * its place are inferred.
 */
export type RemoteCombine<R> = Pick<Remote<(earlier: R, later: R) => R>, 'name' | 'with'>;

/** Options of `map` and `reduce`. */
export interface MapOptions<R> extends RemoteOptions {
  /** Whether results come in the order of the inputs; false gives each as soon as it is there. @default true */
  ordered?: boolean | undefined;
  /** How many inputs are taken before their results are, at most. @default 4096 */
  inFlightMax?: number | undefined;
  /** Called with how far the map is, whenever results are handed over. */
  onProgress?: ((progress: MapProgress) => void) | undefined;
  /**
   * Combines the results of two neighbours, the earlier one first; it must be associative. Done on the workers, so that
   * fewer results travel: each value then stands for a run of neighbours.
   */
  combine?: ((earlier: R, later: R) => R) | RemoteCombine<R> | undefined;
}

const remoteNames = new Set<string>([...taskOptionNames, 'capture']);

const namesOf = {
  remote: remoteNames,
  map: new Set([...remoteNames, 'ordered', 'inFlightMax', 'onProgress', 'combine']),
  reduce: new Set([...remoteNames, 'inFlightMax', 'onProgress', 'initial']),
  cancel: new Set(['force']),
};

/** @throws InvalidArgumentError for an option that the call does not have. */
export function checkOptionNames(call: keyof typeof namesOf, options: object): void {
  checkNames(options, namesOf[call], call);
}

/** Checks what `reduce` is given beside its function and inputs. @throws InvalidArgumentError */
export function checkReduction(combine: unknown, options: object): void {
  checkOptionNames('reduce', options);
  if (typeof combine === 'function') return;
  throw new InvalidArgumentError(
    `reduce takes a function of two neighbours as its third argument, got ${shownOf(combine)}`,
  );
}

/** Checks the options of `cancel`, and says whether it is by force. @throws InvalidArgumentError */
export function isForced(options: { readonly force?: boolean }): boolean {
  checkOptionNames('cancel', options);
  return checkBoolean('force', options.force) ?? false;
}

/** Whether `reduce` was given what to begin with, also when that is undefined. */
export function hasInitial<V>(options: { readonly initial?: V }): options is { readonly initial: V } {
  return 'initial' in options;
}
