"""PyTorch yardstick of products of few rows: one line of JSON in, one out.

Usage: products.py COPIES INNER COLUMNS
Requests: {"do": "info"}, {"do": "multiply", "rows": N}: milliseconds of a product with each of the matrices, of the type of nn.Linear.
"""

import json
import sys
import time

import torch
from torch.nn import functional

from torch_info import info


def main():
    copies, inner, columns = (int(text) for text in sys.argv[1:4])
    matrices = [torch.randn(columns, inner) for _ in range(copies)]

    def multiply(rows):
        x = torch.randn(rows, inner)
        started = time.perf_counter()
        for matrix in matrices:
            functional.linear(x, matrix)
        return {"ms": (time.perf_counter() - started) * 1000 / copies}

    with torch.inference_mode():
        for line in sys.stdin:
            request = json.loads(line)
            answer = multiply(request["rows"]) if request["do"] == "multiply" else info()
            print(json.dumps(answer), flush=True)


main()
