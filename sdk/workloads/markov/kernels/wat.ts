// Writes the WebAssembly of one kernel: all of `acc = acc * P`, count - 1 times, for one size.
//
// A row is padded with a zero to an even length, so that it is whole vectors of two numbers; there are n rows, and k runs
// to n. A micro-kernel holds a few rows by a few vectors of the product in registers while it runs along k; k is unrolled
// while n is small. From `panelsFrom` on the right operand is packed into panels, one for each block of columns, so that it is read in order.
//
// Source of the scheme: K. Goto and R. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3),
// 2008, reduced to what a right operand that stays the same and a matrix that fits the second-level cache need.
//
// Invariants:
//   K1. Exactly count - 1 multiplications are done, by accumulation, never by squaring.
//   K2. Rows are divided by their sums after every `renormaliseEvery` multiplications, and at the end.

/** From this size on the right operand is packed into panels. */
export const panelsFrom = 50;
/** Up to this size k is unrolled. */
const unrollMax = 20;
/** How many multiplications there are between two renormalisations of the rows (K2). */
export const renormaliseEvery = 1024;

/** A block of columns: its first vector, how many vectors it has, and where its part of the right operand starts. */
export interface ColumnBlock {
  readonly firstVector: number;
  readonly vectors: number;
  readonly baseBytes: number;
}

/** Where everything stands in the kernel's memory, in bytes. */
export interface KernelLayout {
  readonly n: number;
  /** The length of a row in memory: n rounded up to an even number. */
  readonly padded: number;
  readonly matrixBytes: number;
  /** The right operand: row by row, or in panels. */
  readonly right: number;
  /** The two accumulators that are swapped, and the matrix that a power starts from. */
  readonly accumulators: readonly [number, number];
  readonly start: number;
  /** Two results without padding, used in turn. */
  readonly results: readonly [number, number];
  readonly bytes: number;
  readonly isPacked: boolean;
  readonly blocks: readonly ColumnBlock[];
}

/** The time that a vector takes in a block so many vectors wide, relative to the best; measured. Narrow blocks leave the adders waiting. */
const vectorCost = [0, 2, 1.3, 1.05, 1.12, 1.02, 1.01];

/** The widths of the blocks of columns that take the least time together, in vectors, widest first. */
function blockWidths(vectors: number): number[] {
  const best: { cost: number; width: number }[] = [{ cost: 0, width: 0 }];
  for (let v = 1; v <= vectors; v++) {
    let least = { cost: Number.POSITIVE_INFINITY, width: 0 };
    for (let width = 1; width <= Math.min(v, vectorCost.length - 1); width++) {
      const cost = best[v - width]!.cost + width * vectorCost[width]!;
      if (cost < least.cost) least = { cost, width };
    }
    best.push(least);
  }
  const widths: number[] = [];
  for (let v = vectors; v > 0; v -= best[v]!.width) widths.push(best[v]!.width);
  return widths.sort((a, b) => b - a);
}

/** The layout for one size. */
export function kernelLayout(n: number): KernelLayout {
  const padded = n + (n % 2);
  const matrixBytes = n * padded * 8;
  const isPacked = n >= panelsFrom;
  const blocks: ColumnBlock[] = [];
  let firstVector = 0;
  for (const vectors of blockWidths(padded / 2)) {
    blocks.push({ firstVector, vectors, baseBytes: isPacked ? firstVector * 16 * n : firstVector * 16 });
    firstVector += vectors;
  }
  const at = (i: number): number => 64 + i * Math.ceil(matrixBytes / 64) * 64;
  return {
    n,
    padded,
    matrixBytes,
    right: at(0),
    accumulators: [at(1), at(2)],
    start: at(3),
    results: [at(4), at(5)],
    bytes: at(6),
    isPacked,
    blocks,
  };
}

/** The text of the module. It exports `memory`, `multiply(left, right, out)` and `power(count)`, which returns an address. */
export function kernelText(layout: KernelLayout, relaxed: boolean): string {
  const { bytes } = layout;
  return `(module
  (memory (export "memory") ${Math.ceil(bytes / 65536)})
  ${multiplyText(layout, relaxed)}
  ${normaliseText(layout)}
  ${powerText(layout)}
)`;
}

function multiplyText(layout: KernelLayout, relaxed: boolean): string {
  const { n, blocks } = layout;
  const parts = blocks.map((block, b) => {
    const rows = rowsOf(block.vectors);
    const begin = `(local.set $a (local.get $left))
      (local.set $o (i32.add (local.get $out) (i32.const ${block.firstVector * 16})))`;
    const full = blockText(layout, block, rows, Math.floor(n / rows), `b${b}`, relaxed);
    return begin + full + blockText(layout, block, n % rows, 1, `t${b}`, relaxed);
  });
  const locals = Array.from({ length: 12 }, (_, i) => `(local $c${i} v128)`).join(' ');
  return `(func $multiply (export "multiply") (param $left i32) (param $right i32) (param $out i32)
    (local $i i32) (local $k i32) (local $a i32) (local $o i32) (local $p i32) (local $v v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128) ${locals}
    ${parts.join('\n')}
  )`;
}

/** How many rows of the product are held beside each other: at most 12 accumulators, so that none is spilled. */
function rowsOf(vectors: number): number {
  return vectors <= 2 ? 4 : vectors === 3 ? 3 : 2;
}

/** One block of columns for `count` groups of `rows` rows; $a and $o move on from group to group. */
function blockText(
  { n, padded, isPacked }: KernelLayout,
  { vectors, baseBytes }: ColumnBlock,
  rows: number,
  count: number,
  label: string,
  relaxed: boolean,
): string {
  if (rows === 0 || count === 0) return '';
  const rowBytes = padded * 8;
  const strideBytes = isPacked ? vectors * 16 : rowBytes;
  const unroll = n <= unrollMax ? n : 2;
  const acc = (r: number, v: number): string => `$c${r * vectors + v}`;
  const steps = (from: number, to: number): string => {
    const lines: string[] = [];
    for (let k = from; k < to; k++) {
      for (let r = 0; r < rows; r++) {
        lines.push(`(local.set $s${r} (v128.load64_splat offset=${r * rowBytes + k * 8} (local.get $a)))`);
      }
      for (let v = 0; v < vectors; v++) {
        lines.push(`(local.set $v (v128.load offset=${k * strideBytes + v * 16} (local.get $p)))`);
        for (let r = 0; r < rows; r++) {
          const product = `(local.get $s${r}) (local.get $v)`;
          lines.push(
            relaxed
              ? `(local.set ${acc(r, v)} (f64x2.relaxed_madd ${product} (local.get ${acc(r, v)})))`
              : `(local.set ${acc(r, v)} (f64x2.add (local.get ${acc(r, v)}) (f64x2.mul ${product})))`,
          );
        }
      }
    }
    return lines.join('\n');
  };
  const zero: string[] = [];
  const store: string[] = [];
  for (let r = 0; r < rows; r++) {
    for (let v = 0; v < vectors; v++) {
      zero.push(`(local.set ${acc(r, v)} (v128.const i64x2 0 0))`);
      store.push(`(v128.store offset=${r * rowBytes + v * 16} (local.get $o) (local.get ${acc(r, v)}))`);
    }
  }
  const rounds = n <= unrollMax ? 0 : Math.floor(n / unroll);
  const along =
    rounds === 0
      ? steps(0, n)
      : `(local.set $k (i32.const ${rounds}))
         (loop $k${label} ${steps(0, unroll)}
           (local.set $a (i32.add (local.get $a) (i32.const ${unroll * 8})))
           (local.set $p (i32.add (local.get $p) (i32.const ${unroll * strideBytes})))
           (br_if $k${label} (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
         ${steps(0, n - rounds * unroll)}`;
  return `
    (local.set $i (i32.const ${count}))
    (loop $i${label}
      (local.set $p (i32.add (local.get $right) (i32.const ${baseBytes})))
      ${zero.join('\n')}
      ${along}
      ${store.join('\n')}
      (local.set $a (i32.add (local.get $a) (i32.const ${rows * rowBytes - rounds * unroll * 8})))
      (local.set $o (i32.add (local.get $o) (i32.const ${rows * rowBytes})))
      (br_if $i${label} (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))`;
}

/** K2, by one division a row. The padding is zero: it adds nothing, and stays zero. */
function normaliseText({ n, padded }: KernelLayout): string {
  const rowBytes = padded * 8;
  const unrolled = n <= unrollMax ? padded / 2 : 1;
  const along = (label: string, step: (offset: number) => string): string => {
    const steps = Array.from({ length: unrolled }, (_, v) => step(v * 16)).join('\n');
    const end = `(i32.add (local.get $m) (i32.const ${rowBytes}))`;
    return n <= unrollMax
      ? steps
      : `(loop $${label} ${steps}
          (br_if $${label} (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 16))) ${end})))`;
  };
  const add = (offset: number): string =>
    `(local.set $v (f64x2.add (local.get $v) (v128.load offset=${offset} (local.get $p))))`;
  const scale = (offset: number): string =>
    `(v128.store offset=${offset} (local.get $p)
      (f64x2.mul (v128.load offset=${offset} (local.get $p)) (local.get $v)))`;
  return `(func $normalise (param $m i32) (local $i i32) (local $p i32) (local $v v128)
    (local.set $i (i32.const ${n}))
    (loop $rows
      (local.set $v (v128.const i64x2 0 0)) (local.set $p (local.get $m))
      ${along('add', add)}
      (local.set $v (f64x2.splat (f64.div (f64.const 1)
        (f64.add (f64x2.extract_lane 0 (local.get $v)) (f64x2.extract_lane 1 (local.get $v))))))
      (local.set $p (local.get $m))
      ${along('scale', scale)}
      (local.set $m (i32.add (local.get $m) (i32.const ${rowBytes})))
      (br_if $rows (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))`;
}

/** K1, K2. The count is a double, so that it may pass 2^32. */
function powerText({ right, accumulators, start, matrixBytes }: KernelLayout): string {
  const [first, second] = accumulators;
  return `(func (export "power") (param $count f64) (result i32)
    (local $from i32) (local $to i32) (local $t i32) (local $until i32)
    (local.set $from (i32.const ${first})) (local.set $to (i32.const ${second}))
    (memory.copy (i32.const ${first}) (i32.const ${start}) (i32.const ${matrixBytes}))
    (local.set $until (i32.const ${renormaliseEvery}))
    (block $done (loop $next
      (br_if $done (f64.le (local.get $count) (f64.const 1)))
      (call $multiply (local.get $from) (i32.const ${right}) (local.get $to))
      (local.set $t (local.get $from)) (local.set $from (local.get $to)) (local.set $to (local.get $t))
      (if (i32.eqz (local.tee $until (i32.sub (local.get $until) (i32.const 1))))
        (then (call $normalise (local.get $from)) (local.set $until (i32.const ${renormaliseEvery}))))
      (local.set $count (f64.sub (local.get $count) (f64.const 1)))
      (br $next)))
    (call $normalise (local.get $from))
    (local.get $from))`;
}
