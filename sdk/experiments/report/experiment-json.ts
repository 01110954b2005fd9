// Experiments as JSON, and back.

import type { z } from 'zod';
import { InvalidArgumentError } from '../../errors.ts';
import type { Params } from '../../workloads/workload.ts';
import type { ExperimentData, ExperimentDefinition, Machine, RunFailure } from '../experiment.ts';
import type { Estimate, Model } from '../models/model.ts';
import type { FlatRecord, RunRecord } from '../run-record.ts';
import { experimentSchemas } from './experiment-schemas.ts';
import { detailsKey, flatRecordOf } from './flat-record.ts';
import type { Reported } from './plotted.ts';

/** The id of the element of a report that holds the experiment as JSON. */
export const embeddedJsonId = 'gridbook-experiment';

/** Says that JSON is an experiment. */
const format = 'gridbook-experiment';

/** Grows when older readers would misread what is written. */
const formatVersion = 1;

/** A model, as JSON has it. */
export interface ModelJson {
  /** Which model. */
  readonly kind: Model['kind'];
  /** For headings. */
  readonly title: string;
  /** The parameters of all its points. */
  readonly params: Params;
  /** The workers of all its points; null where it is they that differ. */
  readonly workers: number | null;
  /** As a person writes it. */
  readonly formula: string;
  /** Where the formula is from. */
  readonly source: string;
  /** What it estimates. */
  readonly estimates: readonly Estimate[];
  /** What it means, in plain words. */
  readonly sentence: string;
  /** Why not to trust it; null where there is no reason. */
  readonly warning: string | null;
}

/** An experiment, as JSON has it. */
export interface ExperimentJson {
  /** Always `gridbook-experiment`. */
  readonly format: string;
  /** Of this form of JSON. */
  readonly formatVersion: number;
  /** Sets it apart from all others. */
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  /** As ISO 8601. */
  readonly startedAt: string;
  /** As ISO 8601; null while it runs, or when it was interrupted. */
  readonly endedAt: string | null;
  /** What is measured, and how. */
  readonly definition: ExperimentDefinition;
  /** What it was made on. */
  readonly machine: Machine;
  /** What follows from the records; reading makes it anew. */
  readonly models: readonly ModelJson[];
  /** One a run: parameters, measures and findings side by side. */
  readonly records: readonly FlatRecord[];
  /** Runs that failed. */
  readonly failures: readonly RunFailure[];
}

/** An experiment as plain data that JSON can say. */
export function experimentJsonOf({ data, models }: Reported): ExperimentJson {
  const { id, name, startedAt, endedAt, definition, machine, failures } = data;
  return {
    format,
    formatVersion,
    id,
    name,
    startedAt,
    endedAt,
    definition,
    machine,
    models: models.map(({ kind, title, group, formula, source, estimates, sentence, warning }) => ({
      kind,
      title,
      params: group.params,
      workers: group.workers ?? null,
      formula,
      source,
      estimates,
      sentence,
      warning: warning ?? null,
    })),
    records: flatRecordsOf(data),
    failures,
  };
}

/**
 * What `experimentJsonOf` was made from.
 *
 * @throws InvalidArgumentError naming what is wrong, and where.
 */
export function experimentDataOf(input: unknown): ExperimentData {
  const read = typeof input === 'string' ? parsed(embeddedIn(input) ?? input) : input;
  if (typeof read !== 'object' || read === null || !('format' in read) || read.format !== format) {
    throw new InvalidArgumentError(`This is no experiment: it does not say "format": "${format}"`);
  }
  const version = 'formatVersion' in read ? read.formatVersion : undefined;
  if (typeof version === 'number' && version > formatVersion) {
    throw new InvalidArgumentError(
      `Cannot read an experiment of format version ${version}: this is from a newer Gridbook, and up to ${formatVersion} can be read here`,
    );
  }
  const { records, ...rest } = checked(experimentSchemas().experiment, read, '');
  const params = paramNamesOf(rest.definition);
  return { ...rest, records: records.map((record, i) => recordOf(record, params, `records[${i}]`)) };
}

/** The records of an experiment, each as one object. */
export function flatRecordsOf({ definition, records }: Pick<ExperimentData, 'definition' | 'records'>): FlatRecord[] {
  const params = paramNamesOf(definition);
  return records.map((record) => flatRecordOf(record, params));
}

function paramNamesOf({ axes }: Pick<ExperimentDefinition, 'axes'>): string[] {
  return Object.keys(axes).filter((name) => name !== 'workers');
}

function recordOf(flat: FlatRecord, paramNames: readonly string[], place: string): RunRecord {
  const measured = checked(experimentSchemas().measured, flat, place);
  const entries = Object.entries(flat);
  const isFinding = (name: string): boolean => !paramNames.includes(name) && !Object.hasOwn(measured, name);
  const taken = entries.flatMap(([name, value]) => (name === detailsKey ? Object.entries(value ?? {}) : [])); // F1 of flat-record.ts
  const params = Object.fromEntries(entries.filter(([name]) => paramNames.includes(name)));
  const details = Object.fromEntries([...entries.filter(([name]) => isFinding(name) && name !== detailsKey), ...taken]);
  return { ...measured, params, details };
}

/** The JSON inside a report; undefined for what is no report. */
function embeddedIn(text: string): string | undefined {
  if (!/^\s*<!doctype html>/i.test(text)) return undefined;
  const start = `<script type="application/json" id="${embeddedJsonId}">`;
  const from = text.lastIndexOf(start);
  return from < 0 ? undefined : text.slice(from + start.length, text.indexOf('</script>', from));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError('This is no experiment: it is not JSON', { cause: error });
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, place: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).reduce<string>(
    (before, step) =>
      typeof step === 'number' ? `${before}[${step}]` : `${before}${before === '' ? '' : '.'}${String(step)}`,
    place,
  );
  throw new InvalidArgumentError(`Cannot read this experiment: ${path}: ${issue?.message ?? 'it is wrong'}`);
}
