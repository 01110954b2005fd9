// Connects, has one task answered, and prints how long that took since this process began, in milliseconds.

import { connect } from '../../../sdk/index.ts';

const session = await connect();
await session.remote((x: number) => x * x)(3);
console.log(performance.now());
await session.close();
