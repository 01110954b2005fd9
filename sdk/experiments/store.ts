// What a sweep needs of a store.

import type { ExperimentData, ExperimentDefinition, RunFailure } from './experiment.ts';
import type { RunRecord } from './run-record.ts';

export interface ExperimentStore {
  findUnfinished(definition: ExperimentDefinition): ExperimentData | undefined;
  begin(data: Omit<ExperimentData, 'records' | 'failures' | 'endedAt'>): void;
  addRecord(id: string, record: RunRecord): void;
  addFailure(id: string, failure: RunFailure): void;
  end(id: string, endedAt: string): void;
}
