"""Values that follow from a name, and values as a case stores them."""

import math
import zlib

import numpy as np

from golden_folder.settings import ARGUMENTS


def generate(name, shape, mean=0.0, scale=1.0):
    index = np.arange(math.prod(shape), dtype=np.uint32)
    with np.errstate(over="ignore"):
        h = np.uint32(zlib.crc32(f"{ARGUMENTS.seed}/{name}".encode())) ^ (index * np.uint32(0x9E3779B9))
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    u = ((h ^ (h >> np.uint32(16))) >> np.uint32(8)) / 2**24
    return (mean + (2 * u - 1) * scale).astype(np.float32).astype(np.float64).reshape(shape)


def stored(value):
    """As a case stores it."""
    return np.asarray(value, dtype=np.float64).astype(np.float32).astype(np.float64)


def generate_unrounded(name, shape, mean, scale):
    return mean + generate(name, shape, 0, 1) * scale
