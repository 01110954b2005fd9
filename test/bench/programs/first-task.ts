// Connects, has one task answered, and prints how long that took since this process began, in milliseconds.
//
// Usage: first-task.ts <URL of the SDK>

const { connect }: typeof import('../../../sdk/index.ts') = await import(process.argv[2] ?? '');

const session = await connect();
await session.remote((x: number) => x * x)(3);
process.stdout.write(`${performance.now()}\n`);
await session.close();
