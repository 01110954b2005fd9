// Maps over ten million tiny tasks, and prints the most memory that this process had resident, in bytes.

import { connect } from '../../../sdk/index.ts';

const count = 10_000_000;
await using session = await connect({ workers: 2 });
let sum = 0;
function* numbers(): Generator<number> {
  for (let i = 0; i < count; i++) yield i & 7;
}
await session
  .map((x: number) => x + 1, numbers(), { ordered: false })
  .forEach((y) => {
    sum += y;
  });
if (sum !== (count / 8) * 36) throw new Error(`The sum is ${sum}`);
console.log(process.resourceUsage().maxRSS * 1024);
