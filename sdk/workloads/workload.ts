// A workload: something measurable with parameters. What markov is, and what anybody's function can be made.

import type { z } from 'zod';
import { InvalidArgumentError } from '../errors.ts';
import type { Session } from '../session.ts';
import { parameterError } from './parameter-error.ts';
import { checkDuration, checkOutcome } from './run-outcome.ts';

/** What parameters and findings are made of: all that JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Parameters by name. */
export type Params = Readonly<Record<string, JsonValue>>;

/** What a workload is given for one run. */
export interface WorkloadContext<P, State> {
  /** Where its tasks run. */
  readonly session: Session;
  /** Its parameters, checked, with the defaults filled in. */
  readonly params: P;
  /** What `setup` gave. */
  readonly state: State;
  /** Aborted when the run is to end early. */
  readonly signal: AbortSignal;
  /** Tells how far the run is, from 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** What a run says of itself. */
export interface RunOutcome {
  /** How many tasks it was split into. */
  readonly tasks: number;
  /** How much was done, in the workload's `workUnit`. */
  readonly work: number;
  /** What it took, where that is not simply all of `run`; in milliseconds. */
  readonly durationMs?: number | undefined;
  /** What it found in a word or two, for tables: `converged`. */
  readonly finding?: string | undefined;
  /** The same in a sentence, to stand below tables: `limit, n = 2: 0.8333 0.1667`. */
  readonly note?: string | undefined;
  /** What it found, to be kept with the record, such as `{ kernel: 'wasm' }`. */
  readonly details?: Readonly<Record<string, JsonValue>> | undefined;
}

/** What the computation without a session says of itself. */
export interface BaselineOutcome {
  /** What it took, where that is not simply all of `baseline`; in milliseconds. */
  readonly durationMs?: number | undefined;
}

/** What `defineWorkload` takes. */
export interface WorkloadDefinition<Schema extends z.ZodObject, State> {
  /** What it is called, such as `word-count`: a letter, then letters, digits and dashes. */
  readonly name: string;
  /** One sentence for people. */
  readonly summary?: string | undefined;
  /**
   * The parameters: a zod object whose fields have descriptions, and defaults where there are some, or a function that
   * makes it when it is first needed. Their names must not be those of what is measured.
   */
  readonly params: Schema | (() => Schema);
  /** What is counted as work, in the plural. @default tasks */
  readonly workUnit?: string | undefined;
  /** The parameter that says into how many tasks the work is split. @default pcNum, where there is one */
  readonly splitBy?: string | undefined;
  /**
   * Completes the parameters by what follows from others, and refuses those that do not fit together.
   *
   * @param params - with the defaults filled in.
   * @param given - as they were given.
   * @returns the parameters that the run has.
   */
  derive?(params: z.output<Schema>, given: z.input<Schema>): z.output<Schema> | Promise<z.output<Schema>>;
  /**
   * Parameters of a run that warms the same code up in little time. @default the same
   *
   * @param params - of the run that is warmed up for.
   * @returns those of the short one.
   */
  warmup?(params: z.output<Schema>): z.output<Schema>;
  /**
   * Makes what the run needs and is not measured. Called before each run.
   *
   * @param context - the session, the parameters, and how the run is ended and told of.
   * @returns what `run` gets as its `state`.
   */
  setup?(context: Omit<WorkloadContext<z.output<Schema>, undefined>, 'state'>): State | Promise<State>;
  /**
   * Does the work on the session; this is what is measured.
   *
   * @param context - the session, the parameters, and what `setup` made.
   * @returns how much was done, in how many tasks, and what was found.
   */
  run(context: WorkloadContext<z.output<Schema>, State>): RunOutcome | Promise<RunOutcome>;
  /**
   * The same work as a plain loop in this process, the shared serial baseline of speed-up and efficiency.
   *
   * @param context - the parameters, and how it is ended and told of.
   * @returns what it took, where that is not all of the call.
   */
  baseline?(
    context: Omit<WorkloadContext<z.output<Schema>, undefined>, 'state' | 'session'>,
  ): BaselineOutcome | undefined | Promise<BaselineOutcome | undefined>;
}

/** A parameter, for those who ask a person for it. */
export interface ParamInfo {
  /** What it is called: `pcNum`. */
  readonly name: string;
  /** What it is, for people; empty where nobody said it. */
  readonly description: string;
  /** What its values are; `text` also for all that is neither a number nor true or false. */
  readonly kind: 'number' | 'boolean' | 'text';
  /** What it is when nobody gives it; undefined where it must be given, or may be left out. */
  readonly default: JsonValue | undefined;
}

/** Where and how one run is made. */
export interface RunRequest {
  /** Where its tasks run. */
  readonly session: Session;
  /** As `check` gave them. */
  readonly params: Params;
  /** Ends the run early. */
  readonly signal: AbortSignal;
  /** Told how far the run is, from 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** A run that is set up, and may be measured. */
export type PreparedRun = () => Promise<RunOutcome>;

/**
 * Something measurable with parameters. Made by `defineWorkload`.
 *
 * @typeParam Input - its parameters as they are given.
 */
export interface Workload<Input = Params> {
  /** What it is called. */
  readonly name: string;
  /** One sentence for people; empty where nobody said one. */
  readonly summary: string;
  /** What is counted as work, in the plural. */
  readonly workUnit: string;
  /** The parameter that says into how many tasks the work is split. */
  readonly splitBy: string | undefined;
  /** What its parameters are. */
  readonly params: readonly ParamInfo[];
  /**
   * Checks parameters and fills in the defaults.
   *
   * @param params - as a user gives them.
   * @returns all parameters.
   * @throws InvalidArgumentError naming the parameter and what would be right.
   */
  check(params: Input): Promise<Params>;
  /**
   * Parameters of a run that warms the same code up in little time.
   *
   * @param params - as `check` gave them.
   * @returns those of the short run.
   */
  warmup(params: Params): Params;
  /**
   * Sets a run up.
   *
   * @param request - where and how it is made.
   * @returns what makes the run, and is measured.
   */
  prepare(request: RunRequest): Promise<PreparedRun>;
  /** Does the same without a session; undefined where the workload has no such way. */
  readonly baseline: ((request: Omit<RunRequest, 'session'>) => Promise<BaselineOutcome>) | undefined;
}

const nameForm = /^[a-z][a-z0-9-]*$/i;
const paramForm = /^[a-z][a-zA-Z0-9]*$/;

/** Names that a record has by itself. */
export const measuredNames: ReadonlySet<string> = new Set([
  'baselineMs',
  'breakdownMs',
  'cluster',
  'cpuUtilization',
  'durationMs',
  'errorRate',
  'failures',
  'finding',
  'latencyMs',
  'nodes',
  'note',
  'peakMemoryBytes',
  'repeat',
  'speedUp',
  'startedAt',
  'tasks',
  'throughputPerSecond',
  'work',
  'workers',
  'workersLost',
  'workload',
]);

/**
 * Makes anyone's function a workload: runnable by `gridbook run`, measurable by `sweep`.
 *
 * @param definition - its name, its parameters, and what it does.
 * @returns the workload.
 * @throws InvalidArgumentError when a name is not of its form, or is one of what is measured.
 * @example
 * ```ts
 * import { connect, defineWorkload, sweep } from 'gridbook';
 * import { z } from 'zod';
 *
 * const squares = defineWorkload({
 *   name: 'squares',
 *   params: z.object({ totalCount: z.int().positive(), pcNum: z.int().positive().default(1) }),
 *   async run({ session, params: { totalCount, pcNum } }) {
 *     const size = Math.ceil(totalCount / pcNum);
 *     const starts = Array.from({ length: pcNum }, (_, i) => i * size);
 *     const sumOfSquares = (start: number): number => {
 *       let sum = 0;
 *       for (let i = start; i < Math.min(start + size, totalCount); i++) sum += i * i;
 *       return sum;
 *     };
 *     const sums = await session.map(sumOfSquares, starts, { capture: { size, totalCount } }).toArray();
 *     return { tasks: pcNum, work: totalCount, details: { sum: sums.reduce((a, b) => a + b) } };
 *   },
 * });
 * await using session = await connect({ workers: 2 });
 * const { records } = await sweep(session, squares, { totalCount: 1000, pcNum: [1, 10] }, { repeats: 1 });
 * console.log(records.map(({ details }) => details.sum).join(' ')); // prints: 332833500 332833500
 * ```
 */
export function defineWorkload<Schema extends z.ZodObject, State = undefined>(
  definition: WorkloadDefinition<Schema, State>,
): Workload<z.input<Schema>> {
  const { name, summary = '', workUnit = 'tasks' } = definition;
  if (!nameForm.test(name)) {
    throw new InvalidArgumentError(`A workload's name is a letter, then letters, digits and dashes, not "${name}"`);
  }
  let made: { readonly schema: Schema; readonly splitBy: string | undefined } | undefined;
  const form = (): NonNullable<typeof made> => {
    made ??= checkedForm(definition);
    return made;
  };
  if (typeof definition.params !== 'function') form();
  const parse = (params: unknown): z.output<Schema> => parsed(name, form().schema, params);
  return {
    name,
    summary,
    workUnit,
    get splitBy() {
      return form().splitBy;
    },
    get params() {
      return Object.entries(form().schema.shape).map(([param, field]) => infoOf(param, field));
    },
    check: async (given) => {
      const params = parse(given);
      return asParams(name, (await definition.derive?.(params, given)) ?? params);
    },
    warmup: (params) => asParams(name, definition.warmup?.(parse(params)) ?? params),
    prepare: async ({ session, params, signal, onProgress }) => {
      const context = { session, params: parse(params), signal, onProgress };
      const state = (await definition.setup?.(context)) as State;
      return async () => checkOutcome(name, await definition.run({ ...context, state }));
    },
    baseline:
      definition.baseline &&
      (async ({ params, signal, onProgress }) => {
        const outcome = (await definition.baseline?.({ params: parse(params), signal, onProgress })) ?? {};
        checkDuration(name, outcome);
        return outcome;
      }),
  };
}

/** The parameters, whose names are checked, and which of them splits the work. */
function checkedForm<Schema extends z.ZodObject, State>({
  name,
  params,
  splitBy: asked,
}: WorkloadDefinition<Schema, State>): { readonly schema: Schema; readonly splitBy: string | undefined } {
  const schema = typeof params === 'function' ? params() : params;
  if (!isObjectSchema(schema)) {
    throw new InvalidArgumentError(
      `Workload ${name}: params must be an object of zod 4, such as z.object({ pcNum: z.int() })`,
    );
  }
  const names = Object.keys(schema.shape);
  for (const param of names) {
    if (!paramForm.test(param)) {
      throw new InvalidArgumentError(`Workload ${name}: a parameter is called like pcNum, not "${param}"`);
    }
    if (measuredNames.has(param)) {
      throw new InvalidArgumentError(
        `Workload ${name}: ${param} is the name of what is measured; call the parameter otherwise`,
      );
    }
  }
  const splitBy = asked ?? (names.includes('pcNum') ? 'pcNum' : undefined);
  if (splitBy !== undefined && !names.includes(splitBy)) {
    throw new InvalidArgumentError(
      `Workload ${name}: splitBy names ${splitBy}, but its parameters are ${names.join(', ')}`,
    );
  }
  return { schema, splitBy };
}

/** A file that is run without its types being checked may give anything, such as an object of an earlier zod. */
function isObjectSchema(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && '_zod' in schema && 'shape' in schema;
}

function parsed<Schema extends z.ZodObject>(name: string, schema: Schema, params: unknown): z.output<Schema> {
  if (typeof params === 'object' && params !== null) {
    const unknown = Object.keys(params).find((param) => !Object.hasOwn(schema.shape, param));
    if (unknown !== undefined) {
      const names = Object.keys(schema.shape);
      throw new InvalidArgumentError(
        `Workload ${name} has no parameter "${unknown}"; it has ${names.length === 0 ? 'none' : names.join(', ')}`,
      );
    }
  }
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  throw new InvalidArgumentError(`Workload ${name}: ${parameterError(result.error.issues[0], params)}`);
}

/** Parameters are kept and compared as JSON, so they must be JSON. */
function asParams(name: string, params: Readonly<Record<string, unknown>>): Params {
  const entries = Object.entries(params).filter(([, value]) => value !== undefined);
  for (const [param, value] of entries) {
    if (isJson(value)) continue;
    throw new InvalidArgumentError(`Workload ${name}: ${param} must be something that JSON can say`);
  }
  return Object.fromEntries(entries as [string, JsonValue][]);
}

/** Whether JSON can say a value, without loss. */
export function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return (
    typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson)
  );
}

function infoOf(name: string, schema: z.core.$ZodType): ParamInfo {
  // A missing value shows the default, where there is one.
  const missing = schema['~standard'].validate(undefined);
  const value = 'value' in missing ? missing.value : undefined;
  return { name, description: descriptionOf(schema), kind: kindOf(schema), default: isJson(value) ? value : undefined };
}

/** What a default or a null is wrapped around; undefined for what is not wrapped. */
function innerOf({ _zod: { def } }: z.core.$ZodType): z.core.$ZodType | undefined {
  return 'innerType' in def ? (def.innerType as z.core.$ZodType) : undefined;
}

function descriptionOf(schema: z.core.$ZodType): string {
  if ('description' in schema && typeof schema.description === 'string') return schema.description;
  const inner = innerOf(schema);
  return inner === undefined ? '' : descriptionOf(inner);
}

function kindOf(schema: z.core.$ZodType): ParamInfo['kind'] {
  const inner = innerOf(schema);
  if (inner !== undefined) return kindOf(inner);
  const { type } = schema._zod.def;
  return type === 'number' || type === 'boolean' ? type : 'text';
}
