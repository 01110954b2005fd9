// The form of experiments as JSON.

import { loadZod } from '../../lazy-zod.ts';
import { isJson, type JsonValue } from '../../workloads/workload.ts';
import type { FlatRecord } from '../run-record.ts';

function makeSchemas() {
  const z = loadZod();
  /** By reference: zod's own records lose what is called `__proto__`. */
  const json = z.custom<JsonValue>(isJson, 'it is nothing that JSON can say');
  const flatRecord = z.custom<FlatRecord>(
    (value) => isJson(value) && typeof value === 'object' && value !== null && !Array.isArray(value),
    'a record is an object',
  );
  const amount = z.number().nonnegative();
  const whole = z.int().nonnegative();
  const time = z.iso.datetime({ offset: true });

  const definition = z.object({
    workload: z.string(),
    workUnit: z.string(),
    splitBy: z.string().nullable(),
    axes: z.record(z.string(), z.array(json)),
    repeats: z.int().positive(),
    warmup: whole,
    order: z.enum(['random', 'grid']),
    seed: z.number(),
    precision: amount,
    baseline: z.boolean(),
    refine: z.boolean().default(false),
    cluster: z.string(),
  });

  const machine = z.object({
    processor: z.string(),
    cores: z.int().positive(),
    memoryBytes: amount,
    system: z.string(),
    node: z.string(),
  });

  const measured = z.object({
    workload: z.string(),
    repeat: z.int().positive(),
    workers: z.int().positive(),
    workersLost: whole.default(0),
    cluster: z.string(),
    startedAt: time,
    durationMs: amount,
    work: amount,
    throughputPerSecond: amount,
    tasks: whole,
    failures: whole,
    errorRate: amount,
    latencyMs: z.object({ mean: amount, p50: amount, p90: amount, p99: amount }),
    cpuUtilization: amount,
    peakMemoryBytes: amount,
    baselineMs: amount.nullable(),
    speedUp: amount.nullable(),
    breakdownMs: z.object({
      encode: z.number(),
      waitInSession: z.number(),
      travel: z.number(),
      waitOnWorker: z.number(),
      run: z.number(),
      return: z.number(),
      settle: z.number(),
    }),
    nodes: z.array(z.object({ node: z.string(), cpu: amount, memoryBytes: amount })),
    finding: z.string(),
    note: z.string(),
  });

  const failure = z.object({
    params: z.record(z.string(), json),
    workers: z.int().positive(),
    repeat: z.int().positive(),
    message: z.string(),
  });

  const experiment = z.object({
    id: z.string().min(1),
    name: z.string(),
    startedAt: time,
    endedAt: time.nullable(),
    definition,
    machine,
    records: z.array(flatRecord),
    failures: z.array(failure).default([]),
  });
  return { experiment, measured };
}

let made: ReturnType<typeof makeSchemas> | undefined;

/** The schemas, made when they are first needed. */
export function experimentSchemas(): ReturnType<typeof makeSchemas> {
  made ??= makeSchemas();
  return made;
}
