// The tables of a store, and how a store of an earlier version becomes one of this version.
//
// Invariants:
//   V1. What was published as a version never changes. Another form of the tables, or of a record or definition in them,
//       is a new version: a step at the end of `versions` that rewrites what is there.

/** Says in a file that it is a store of experiments: `Gbex`. */
export const applicationId = 0x47_62_65_78;

const first = `
  CREATE TABLE experiments (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    workload TEXT NOT NULL,
    definition TEXT NOT NULL,
    machine TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    owner TEXT,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE records (
    number INTEGER PRIMARY KEY,
    experiment INTEGER NOT NULL REFERENCES experiments (number) ON DELETE CASCADE,
    record TEXT NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX records_by_experiment ON records (experiment);
  CREATE TABLE failures (
    number INTEGER PRIMARY KEY,
    experiment INTEGER NOT NULL REFERENCES experiments (number) ON DELETE CASCADE,
    failure TEXT NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX failures_by_experiment ON failures (experiment);
`;

/** The steps from an empty file to this version, each from one version to the next (V1). */
export const versions: readonly string[] = [first];
