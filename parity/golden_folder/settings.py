"""What the folder is asked to hold: arguments, seed and sizes."""

import argparse
import zlib
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("--seed", default="other-7")
parser.add_argument("--regions", type=int, default=11)
parser.add_argument("--labels", type=int, default=3)
ARGUMENTS = parser.parse_args()
RANDOM = np.random.default_rng(zlib.crc32(ARGUMENTS.seed.encode()))

STEM, PLANES, BLOCKS = 6, [4, 6, 8, 12], [1, 2, 1, 1]
IMAGE, BINS, REP, DIM, H1, H2 = 96, 6, 20, 24, 16, 6
HEADS, LAYERS, VOCAB, MLP, POSITIONS = 2, 2, 57, 40, 32
BOS = VOCAB - 1
FEATURES = 4 * PLANES[-1]
REGIONS = ARGUMENTS.regions
CONFIG, SIZES = "small", {
    "image": IMAGE, "stem": STEM, "planes": PLANES, "blocks": BLOCKS, "feat": FEATURES, "rep": REP, "dim": DIM,
    "h1": H1, "h2": H2, "heads": HEADS, "layers": LAYERS, "vocab": VOCAB, "npos": POSITIONS, "bos": BOS, "mlp": MLP,
}
