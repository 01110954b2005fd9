"""The computation with numpy: powers of a transition matrix, and the limit read off one."""

import numpy


def power(matrix, count):
    """The product of `count` copies of the matrix, by `count - 1` multiplications."""
    product, other = matrix.copy(), numpy.empty_like(matrix)
    for _ in range(count - 1):
        numpy.matmul(product, matrix, out=other)
        product, other = other, product
    return product


def shares(total, pc_num):
    """The sizes of the tasks, which sum to `total`."""
    least, larger = divmod(total, pc_num)
    return [least + (1 if i < larger else 0) for i in range(pc_num)]


def merge(products):
    """The product of partial products."""
    merged = products[0]
    for product in products[1:]:
        merged = numpy.matmul(merged, product)
    return merged


class Question:
    """A question as it comes: the matrix comes along when it is another than before."""

    matrix = None

    def __init__(self, question):
        if "matrix" in question:
            Question.matrix = numpy.array(question["matrix"])
        self.program = question["program"]
        self.total = question["totalCount"]
        self.pc_num = question["pcNum"]


def found(product, seconds):
    """The answer: how long it took, and the limit, whose rows are first brought to sum 1."""
    rows = product / product.sum(axis=1, keepdims=True)
    spread = (rows.max(axis=0) - rows.min(axis=0)).max()
    return {"durationMs": seconds * 1000, "limit": rows.mean(axis=0).tolist(), "rowSpread": float(spread)}
