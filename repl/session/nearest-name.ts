// The name that somebody may have meant who typed another one.

/** More different than this, and it was no slip: a third of what was typed. */
const differentShareMax = 1 / 3;

/** The most similar name; undefined when none is similar. What was typed may be the beginning of it. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const lower = typed.toLowerCase();
  const begun = names.filter((name) => lower !== '' && name.startsWith(lower));
  if (begun.length === 1) return begun[0];
  const [nearest] = names
    .map((name) => ({ name, edits: editsBetween(lower, name) }))
    .filter(({ edits }) => edits <= Math.max(1, Math.ceil(lower.length * differentShareMax)))
    .toSorted((a, b) => a.edits - b.edits);
  return nearest?.name;
}

/**
 * How many letters are to be put in, taken out, replaced, or exchanged with their neighbour: the restricted
 * Damerau-Levenshtein distance (Damerau, Communications of the ACM 7 (1964) 171).
 */
function editsBetween(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const steps = [(row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1)];
      if (isSwapped && i > 1 && j > 1) steps.push((before[j - 2] ?? 0) + 1);
      row.push(Math.min(...steps));
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
