"""numpy's matmul on one thread: one JSON question a line, nanoseconds a multiplication a line."""

import json
import sys
import time

import numpy

for line in sys.stdin:
    question = json.loads(line)
    n, count = question["n"], question["count"]
    matrix = numpy.random.default_rng(1).random((n, n))
    matrix /= matrix.sum(axis=1, keepdims=True)
    product, other = matrix.copy(), matrix.copy()
    matmul = numpy.matmul
    start = time.perf_counter()
    for _ in range(count):
        matmul(product, matrix, out=other)
        product, other = other, product
    print(json.dumps((time.perf_counter() - start) / count * 1e9), flush=True)
