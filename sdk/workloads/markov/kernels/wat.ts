// Writes the WebAssembly of one kernel: all of `acc = acc * P`, count - 1 times, for one size.
//
// The matrix is padded to an even size N with zeros, so that a row is whole vectors of two numbers. A micro-kernel holds
// a few rows by a few vectors of the product in registers while it runs along k; k is unrolled while N is small.
// Above `panelsFrom` the right operand is packed into panels, one for each block of columns, so that it is read in order.
//
// Source of the scheme: K. Goto and R. van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3),
// 2008, reduced to what a right operand that stays the same and a matrix that fits the second-level cache need.
//
// Invariants:
//   K1. Exactly count - 1 multiplications are done, by accumulation, never by squaring.
//   K2. Rows are divided by their sums after every `renormaliseEvery` multiplications.

/** From this padded size on the right operand is packed into panels. */
export const panelsFrom = 50;
/** Up to this padded size k is unrolled. */
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
  /** n rounded up to an even number. */
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

/** The layout for one size. */
export function kernelLayout(n: number): KernelLayout {
  const padded = n + (n % 2);
  const matrixBytes = padded * padded * 8;
  const isPacked = padded >= panelsFrom;
  const vectors = padded / 2;
  const count = Math.ceil(vectors / (isPacked ? 5 : 6));
  const blocks: ColumnBlock[] = [];
  for (let b = 0, first = 0; b < count; b++) {
    const size = Math.floor(vectors / count) + (b < vectors % count ? 1 : 0);
    blocks.push({
      firstVector: first,
      vectors: size,
      baseBytes: isPacked ? first * 16 * padded : first * 16,
    });
    first += size;
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
  const { padded, blocks } = layout;
  const parts = blocks.map((block, b) => {
    const rows = block.vectors <= 3 ? 4 : 2;
    const full = Math.floor(padded / rows);
    const begin = `(local.set $a (local.get $left))
      (local.set $o (i32.add (local.get $out) (i32.const ${block.firstVector * 16})))`;
    const text = full === 0 ? '' : blockText(layout, block, rows, full, `b${b}`, relaxed);
    return full * rows === padded ? begin + text : begin + text + blockText(layout, block, 2, 1, `t${b}`, relaxed);
  });
  const locals = Array.from({ length: 12 }, (_, i) => `(local $c${i} v128)`).join(' ');
  return `(func $multiply (export "multiply") (param $left i32) (param $right i32) (param $out i32)
    (local $i i32) (local $k i32) (local $a i32) (local $o i32) (local $p i32) (local $v v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128) ${locals}
    ${parts.join('\n')}
  )`;
}

/** One block of columns for `count` groups of `rows` rows; $a and $o move on from group to group. */
function blockText(
  { padded, isPacked }: KernelLayout,
  { vectors, baseBytes }: ColumnBlock,
  rows: number,
  count: number,
  label: string,
  relaxed: boolean,
): string {
  const rowBytes = padded * 8;
  const strideBytes = isPacked ? vectors * 16 : rowBytes;
  const unroll = padded <= unrollMax ? padded : 2;
  const acc = (r: number, v: number): string => `$c${r * vectors + v}`;
  const step = (k: number): string => {
    const lines: string[] = [];
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
    return lines.join('\n');
  };
  const steps = Array.from({ length: unroll }, (_, k) => step(k)).join('\n');
  const zero: string[] = [];
  const store: string[] = [];
  for (let r = 0; r < rows; r++) {
    for (let v = 0; v < vectors; v++) {
      zero.push(`(local.set ${acc(r, v)} (v128.const i64x2 0 0))`);
      store.push(`(v128.store offset=${r * rowBytes + v * 16} (local.get $o) (local.get ${acc(r, v)}))`);
    }
  }
  const along =
    padded <= unrollMax
      ? steps
      : `(local.set $k (i32.const ${padded / unroll}))
         (loop $k${label} ${steps}
           (local.set $a (i32.add (local.get $a) (i32.const ${unroll * 8})))
           (local.set $p (i32.add (local.get $p) (i32.const ${unroll * strideBytes})))
           (br_if $k${label} (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))`;
  // After a loop along k, $a has moved on by one row already.
  const moved = padded <= unrollMax ? 0 : rowBytes;
  return `
    (local.set $i (i32.const ${count}))
    (loop $i${label}
      (local.set $p (i32.add (local.get $right) (i32.const ${baseBytes})))
      ${zero.join('\n')}
      ${along}
      ${store.join('\n')}
      (local.set $a (i32.add (local.get $a) (i32.const ${rows * rowBytes - moved})))
      (local.set $o (i32.add (local.get $o) (i32.const ${rows * rowBytes})))
      (br_if $i${label} (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))`;
}

function normaliseText({ n, padded }: KernelLayout): string {
  return `(func $normalise (param $m i32) (local $i i32) (local $j i32) (local $p i32) (local $sum f64)
    (local.set $i (i32.const ${n}))
    (loop $rows
      (local.set $sum (f64.const 0)) (local.set $j (i32.const ${n})) (local.set $p (local.get $m))
      (loop $add
        (local.set $sum (f64.add (local.get $sum) (f64.load (local.get $p))))
        (local.set $p (i32.add (local.get $p) (i32.const 8)))
        (br_if $add (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
      (local.set $j (i32.const ${n})) (local.set $p (local.get $m))
      (loop $divide
        (f64.store (local.get $p) (f64.div (f64.load (local.get $p)) (local.get $sum)))
        (local.set $p (i32.add (local.get $p) (i32.const 8)))
        (br_if $divide (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
      (local.set $m (i32.add (local.get $m) (i32.const ${padded * 8})))
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
