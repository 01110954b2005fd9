"""Small tasks and actor calls on Ray, on two workers: how many a second."""

import logging
import time

import gridbook_peer

[ray] = gridbook_peer.require("ray")

ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)


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


def answer_to(question):
    count = question["count"]
    start = time.perf_counter()
    if question["what"] == "bulk":
        ray.get([square.remote(x) for x in range(count)])
    else:
        ray.get([counter.add.remote(1) for _ in range(count)])
    return count / (time.perf_counter() - start)


gridbook_peer.serve(answer_to, [ray], close=ray.shutdown)
