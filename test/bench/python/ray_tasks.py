"""Small tasks and actor calls on Ray, on two workers: one JSON question a line, one number a line."""

import json
import sys
import time

import ray

ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)


@ray.remote(num_cpus=1)
def square(x):
    return x * x


@ray.remote(num_cpus=1)
class Counter:
    def __init__(self):
        self.value = 0

    def add(self, n):
        self.value += n
        return self.value


counter = Counter.remote()
ray.get([square.remote(1) for _ in range(200)])

for line in sys.stdin:
    question = json.loads(line)
    count = question["count"]
    start = time.perf_counter()
    if question["what"] == "bulk":
        ray.get([square.remote(x) for x in range(count)])
    else:
        ray.get([counter.add.remote(1) for _ in range(count)])
    print(json.dumps(count / (time.perf_counter() - start)), flush=True)
ray.shutdown()
