// A bare thread of the floor: answers each list of numbers with the list of their squares.

import { parentPort } from 'node:worker_threads';

parentPort?.on('message', (numbers: number[]) => {
  parentPort?.postMessage(numbers.map((x) => x * x));
});
