// About how many bytes a value takes, at little cost: what a map keeps its results' memory within bounds by.
//
// Counted are strings, buffers and views at their full length, and 8 bytes for anything else; in arrays, plain objects,
// maps and sets down to `levelsMax` levels. Of a long list the first `sampleMax` members stand for all.

const levelsMax = 3;
const sampleMax = 64;

/** @returns an estimate in bytes; what lies deeper than the levels that are looked at is not in it. */
export function valueBytes(value: unknown): number {
  return bytesOf(value, levelsMax);
}

function bytesOf(value: unknown, levels: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return value.byteLength;
  }
  if (levels === 0) return 8;
  if (Array.isArray(value)) return sampled(value, value.length, levels);
  if (value instanceof Map)
    return sampled(value.values(), value.size, levels) + sampled(value.keys(), value.size, levels);
  if (value instanceof Set) return sampled(value, value.size, levels);
  let bytes = 8;
  for (const member of Object.values(value)) bytes += bytesOf(member, levels - 1);
  return bytes;
}

function sampled(members: Iterable<unknown>, size: number, levels: number): number {
  let bytes = 0;
  let seen = 0;
  for (const member of members) {
    bytes += bytesOf(member, levels - 1);
    if (++seen === sampleMax) break;
  }
  return 8 + (seen === 0 ? 0 : (bytes / seen) * size);
}
