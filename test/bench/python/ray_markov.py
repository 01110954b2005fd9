"""The reference computation on Ray with numpy, on two workers: one JSON question a line, milliseconds a line.

Each task multiplies its share of the matrices, accumulating the power; the driver merges the products.
"""

import json
import sys
import time

import numpy
import ray

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)


@ray.remote(num_cpus=1)
def power(matrix, count):
    product = matrix
    for _ in range(count - 1):
        product = numpy.matmul(product, matrix)
    return product


def markov(n, total, pc_num):
    matrix = numpy.random.default_rng(1).random((n, n))
    matrix /= matrix.sum(axis=1, keepdims=True)
    stored = ray.put(matrix)
    least, larger = divmod(total, pc_num)
    parts = [power.remote(stored, least + (1 if i < larger else 0)) for i in range(pc_num)]
    product = None
    for part in ray.get(parts):
        product = part if product is None else numpy.matmul(product, part)
    return product


markov(10, 1000, 10)

for line in sys.stdin:
    question = json.loads(line)
    start = time.perf_counter()
    markov(question["n"], question["total"], question["pcNum"])
    print(json.dumps((time.perf_counter() - start) * 1000), flush=True)
ray.shutdown()
