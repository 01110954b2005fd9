"""The computation on Ray with numpy, in three ways: as tasks, on one actor, on as many actors as there are cores.

Usage: ray_markov.py cores
"""

import logging
import sys
import time

import gridbook_peer

ray, numpy = gridbook_peer.require("ray", "numpy")

import markov  # noqa: E402, needs numpy

cores = int(sys.argv[1])
ray.init(
    num_cpus=cores,
    include_dashboard=False,
    log_to_driver=False,
    logging_level=logging.ERROR,
    _node_ip_address="127.0.0.1",
)


@ray.remote
def power(matrix, count):
    return markov.power(matrix, count)


@ray.remote
class Multiplier:
    def power(self, matrix, count):
        return markov.power(matrix, count)


multipliers = [Multiplier.remote() for _ in range(cores)]


def with_tasks(matrix, counts):
    return [power.remote(matrix, count) for count in counts]


def with_actors(actors, matrix, counts):
    return [actors[i % len(actors)].power.remote(matrix, count) for i, count in enumerate(counts)]


programs = {
    "ray-tasks": with_tasks,
    "ray-actor": lambda matrix, counts: with_actors(multipliers[:1], matrix, counts),
    "ray-actors": lambda matrix, counts: with_actors(multipliers, matrix, counts),
}


def answer_to(question):
    asked = markov.Question(question)
    start = time.perf_counter()
    parts = programs[asked.program](ray.put(asked.matrix), markov.shares(asked.total, asked.pc_num))
    product = markov.merge(ray.get(parts))
    return markov.found(product, time.perf_counter() - start)


gridbook_peer.serve(answer_to, [ray, numpy], close=ray.shutdown)
