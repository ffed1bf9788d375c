"""One layer's Monte Carlo as one writes it in numpy: draw a matrix of standard normals, multiply it by
a vector, add up the squares.

usage: theory.py SEED

The first line printed names numpy's version. Then a line of JSON {"size", "matrices"} on standard
input is answered by one with {"seconds", "sum"}: matrices of size x size are drawn from one generator,
after a vector that is used for all of them; drawing the vector is not timed.
"""

import json
import sys
import time

import numpy as np


def main():
    print(json.dumps({"numpy": np.__version__}), flush=True)
    for line in sys.stdin:
        turn = json.loads(line)
        size = turn["size"]
        rng = np.random.Generator(np.random.SFC64(int(sys.argv[1])))
        x = rng.standard_normal(size)
        total = 0.0
        start = time.perf_counter()
        for _ in range(turn["matrices"]):
            a = rng.standard_normal((size, size)) @ x
            total += a @ a
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "sum": total}), flush=True)


main()
