// What each notebook shows wherever it runs: its plots, and what it finds, which no machine changes.

/** What is in the outputs of one notebook. */
export interface ExpectedOutputs {
  readonly plots: number;
  /** Texts in their order. */
  readonly texts: readonly RegExp[];
}

/** By the numbers with which the names of notebooks begin. A test has a fifth of the work, or 1 run of 3. */
export const expectedOutputs: Readonly<Record<string, ExpectedOutputs>> = {
  '01': {
    plots: 0,
    texts: [
      /^Session: \d+ workers?: threads of this kernel$/m,
      /^36 49 in \d+ ms$/m,
      /^grid: 514e4b7c949e\nbook: d7090a57de10$/m,
      /^w\d+ │ I have number \d$/m,
      /100 % +digits · 1,000 of 1,000 done · \S+ \S+ · 0 workers busy · 0 failures$/m,
      /^27000000$/m,
      /^true Task "anonymous" failed: 7 is odd$/m,
      /^4$/m,
      /^waitInSession +\d/m,
    ],
  },
  '02': {
    plots: 0,
    texts: [
      /100 % +surfing · 100 of 100 tasks/,
      /^converged after \d+99999 multiplications in \d+ ms$/m,
      /^home +0\.2388 +█+\ndocs +0\.2152 +█+\nguide +0\.1165 /m,
      /^thanks +0\.0475 /m,
      /^largest change in one more step: (0|\d\.\d+e-1[67])$/m,
      /^surfer +converged *\ncircle +periodic +3\nislands +depends-on-start *$/m,
    ],
  },
  '03': {
    plots: 3,
    texts: [
      /100 % +\d+ of \d+ runs/,
      /^Time against pc_num$/m,
      /^markov: .*; found: converged$/m,
      /^ *\d+,000 +100,000 +\d+\.\d{3} +17\.96$/m,
      /^ *\d+,000,000 +1 +\d+\.\d{3} +9\.28$/m,
      /^ *\d+,000,000 +100,000 +\d+\.\d{3} +46\.26$/m,
      /^Throughput against pc_num$/m,
      /^ *\d+,000 +\d+\.\dx +25\.7x$/m,
      /^ *1 +0\.\d{5} +2\.36\n *10 +0\.\d{5} +2\.61\n *100 +0\.\d{5} +2\.56\n *1,000 +0\.\d{5} +4\.48$/m,
    ],
  },
  '04': {
    plots: 3,
    texts: [
      /100 % +exploring · \d+ of \d+ runs/,
      /^Time against pc_num$/m,
      /^1 worker: (Choose pc_num|Fastest in) \d.*\n2 workers: (Choose pc_num|Fastest in) \d/m,
      /^Cost of splitting +workers 1 .*\nCost of splitting +workers 2 /m,
      /^Amdahl's law +pcNum 1 /m,
      /^Where the time of a task went, by pc_num · workers$/m,
      /^Efficiency against pc_num$/m,
    ],
  },
  '05': {
    plots: 0,
    texts: [
      /^Session: 3 workers: threads of this kernel$/m,
      /count: 8, mean: 5, deviation: 2\.138089935299395/,
      /count: 100008,\s+mean: 1\.49919065954\d+,\s+deviation: 0\.50240097936\d+/,
      /^ *1 +0\.555584\n *2 +0\.555497$/m,
      /^-0\.4776 to 0\.4775$/m,
    ],
  },
  '06': {
    plots: 0,
    texts: [
      /^a head and two nodes, red and blue$/m,
      /^Session: 3 workers, head at http:\S+\nnode .*\n\S+ \(head\) .*\n\S+ .* name=red\n\S+ .* name=blue$/m,
      /^six tasks, on [1-3] worker processes$/m,
      /100 % +with a power cut · 60 of 60 done/,
      /^60 results; their sum is 70210 as it must be$/m,
      /^worker\.lost +\S+ +.*was lost/m,
      /^task\.retried +\S+ +task \d+, attempt 2$/m,
      /^Session: 2 workers, head at http:\S+\nnode .*\n\S+ \(head\) .*\n\S+ .* name=blue$/m,
      /^six tasks, on [1-3] worker processes$/m,
      /^Session: 3 workers, head at http:\S+\nnode .*\n\S+ \(head\) .*\n\S+ .* name=blue\n\S+ .* name=green$/m,
      /^stopped 3 daemons$/m,
    ],
  },
  '07': {
    plots: 2,
    texts: [
      /100 % +primes · \d+ of \d+ runs/,
      /^Speed-up against pc_num$/m,
      /^primes: below (2,000,000, .*; found: 148933|400,000, .*; found: 33860) primes$/m,
      /^(Choose pc_num|Fastest in) \d/m,
      /^Where the time of a task went, by pc_num$/m,
      /^workload,below,pcNum,.*\nprimes,\d+,\d+,1,/m,
      /^\d+ KiB of report$/m,
    ],
  },
};
