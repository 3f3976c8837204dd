"""The weight manifest, and the weights that it stands for."""

import json
import math
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from golden_folder.settings import (
    ARGUMENTS, BINS, BLOCKS, BOS, CONFIG, DIM, FEATURES, H1, H2, LAYERS, MLP, PLANES, POSITIONS, RANDOM, REGIONS, REP, SIZES, STEM, VOCAB,
)
from golden_folder.values import generate, generate_unrounded

ROWS = []


def fan(*shape):
    return math.sqrt(6 / math.prod(shape[1:]))


def row(name, shape, mean=0.0, scale=None, factors=None):
    ROWS.append([name, list(shape), mean, fan(*shape) if scale is None else scale] + ([factors] if factors else []))


def batch_norm_rows(name, width):
    for part, mean, scale in [("weight", 1, 0.2), ("bias", 0, 0.1), ("running_mean", 0, 0.1), ("running_var", 1, 0.3)]:
        row(f"{name}.{part}", [width], mean, scale)


def linear_rows(name, out, into, weight=None):
    row(f"{name}.weight", [out, into], 0, weight)
    row(f"{name}.bias", [out], 0, 0.05)


def detector_rows(p):
    row(f"{p}.backbone.0.weight", [STEM, 1, 7, 7])
    batch_norm_rows(f"{p}.backbone.1", STEM)
    into = STEM
    for stage, (width, count) in enumerate(zip(PLANES, BLOCKS)):
        for block in range(count):
            b = f"{p}.backbone.{4 + stage}.{block}"
            row(f"{b}.conv1.weight", [width, into, 1, 1])
            row(f"{b}.conv2.weight", [width, width, 3, 3])
            row(f"{b}.conv3.weight", [4 * width, width, 1, 1])
            for number, channels in [(1, width), (2, width), (3, 4 * width)]:
                batch_norm_rows(f"{b}.bn{number}", channels)
            if block == 0:
                row(f"{b}.downsample.0.weight", [4 * width, into, 1, 1])
                batch_norm_rows(f"{b}.downsample.1", 4 * width)
            into = 4 * width
    for name, out, side in [("conv.0.0", FEATURES, 3), ("cls_logits", 160, 1), ("bbox_pred", 640, 1)]:
        # Small here and for cls_score, so that no two scores are equal in float32: their order would decide.
        scale = {"cls_logits": 0.1, "bbox_pred": 0.02}.get(name)
        row(f"{p}.rpn.head.{name}.weight", [out, FEATURES, side, side], 0, scale)
        row(f"{p}.rpn.head.{name}.bias", [out], 0, 0.05)
    linear_rows(f"{p}.roi_heads.box_head.fc6", REP, FEATURES * BINS * BINS)
    linear_rows(f"{p}.roi_heads.box_head.fc7", REP, REP)
    linear_rows(f"{p}.roi_heads.box_predictor.cls_score", REGIONS + 1, REP, 0.2)
    linear_rows(f"{p}.roi_heads.box_predictor.bbox_pred", 4 * (REGIONS + 1), REP, 0.15)
    linear_rows(f"{p}.roi_heads.dim_reduction", DIM, FEATURES)


def language_rows(p):
    t = f"{p}.gpt_with_lm_head.transformer"
    row(f"{t}.wte.weight", [VOCAB, DIM], 0, 0.2, {str(BOS): 1.5})
    row(f"{t}.wpe.weight", [POSITIONS, DIM], 0, 0.05)
    for layer in range(LAYERS):
        h = f"{t}.h.{layer}"
        for number in (1, 2):
            row(f"{h}.ln_{number}.weight", [DIM], 1, 0.1)
            row(f"{h}.ln_{number}.bias", [DIM], 0, 0.05)
        for name, into, out in [("attn.c_attn", DIM, 3 * DIM), ("attn.c_proj", DIM, DIM), ("mlp.c_fc", DIM, MLP), ("mlp.c_proj", MLP, DIM)]:
            row(f"{h}.{name}.weight", [into, out], 0, 0.3)
            row(f"{h}.{name}.bias", [out], 0, 0.05)
        for name in ("uk", "uv"):
            linear_rows(f"{h}.attn.{name}", DIM, DIM)
    row(f"{t}.ln_f.weight", [DIM], 3, 0.3)
    row(f"{t}.ln_f.bias", [DIM], 0, 0.05)
    for number in (0, 2):
        linear_rows(f"{p}.feature_space_transformation_nn.{number}", DIM, DIM)


def write_weights():
    detector_rows("object_detector")
    for kind in ("selection", "abnormal"):
        for number, out, into in [(0, H1, DIM), (2, H2, H1), (4, 1, H2)]:
            linear_rows(f"binary_classifier_region_{kind}.classifier.{number}", out, into)
    language_rows("language_model")
    overrides = {
        "binary_classifier_region_selection.classifier.4.bias": np.array([-0.9], np.float32),
        "object_detector.roi_heads.box_predictor.cls_score.bias": RANDOM.normal(size=REGIONS + 1).astype(np.float32),
    }
    base = ARGUMENTS.folder / "weights" / "manifest-a"
    base.parent.mkdir(parents=True, exist_ok=True)
    manifest = {"config": CONFIG, "seed": ARGUMENTS.seed, "settings": SIZES, "params": ROWS}
    Path(f"{base}.json").write_text(json.dumps(manifest))
    save_file(overrides, f"{base}.overrides.safetensors")
    weights = {}
    for name, shape, mean, scale, *factors in ROWS:
        value = generate(name, shape, mean, scale)
        for index, factor in (factors[0] if factors else {}).items():
            key_values = generate_unrounded(name, shape, mean, scale)[int(index)]
            value[int(index)] = (key_values * factor).astype(np.float32)
        weights[name] = value
    weights |= {name: value.astype(np.float64) for name, value in overrides.items()}
    return weights
