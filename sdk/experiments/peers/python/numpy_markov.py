"""The computation as a plain loop with numpy."""

import time

import gridbook_peer

[numpy] = gridbook_peer.require("numpy")

import markov  # noqa: E402, needs numpy


def answer_to(question):
    asked = markov.Question(question)
    start = time.perf_counter()
    product = markov.power(asked.matrix, asked.total)
    return markov.found(product, time.perf_counter() - start)


gridbook_peer.serve(answer_to, [numpy])
