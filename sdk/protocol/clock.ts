// One monotonic clock for all threads and processes of a machine.
//
// `performance.now()` counts from the start of each thread; the system's monotonic clock, which `process.hrtime` reads,
// is one. Wall-clock time is never used, so that a clock that jumps changes nothing.

function measureOffsetMs(): number {
  const before = performance.now();
  const [seconds, nanoseconds] = process.hrtime();
  const after = performance.now();
  return seconds * 1e3 + nanoseconds / 1e6 - (before + after) / 2;
}

// The first readings load what they need and come late; a late reading of either clock shows as a longer gap, and among
// several the one in the middle is taken.
const offsetsMs = Array.from({ length: 9 }, measureOffsetMs).sort((a, b) => a - b);
const offsetMs = offsetsMs[4] ?? 0;

/** Milliseconds on the machine's monotonic clock. */
export function nowMs(): number {
  return performance.now() + offsetMs;
}
