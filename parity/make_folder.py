"""Writes a small folder of golden cases with a seed, sizes, labels and settings of its own.

Everything is computed here in float64 from the published formulas, with NumPy and nothing of this repository, so that
`npm run parity -- FOLDER` shows both that the packages agree and that the checks take seeds, numbers of regions, sentences and
labels, schedules and optimizer settings from the data.

    pip install numpy safetensors
    python parity/make_folder.py /tmp/golden --seed other-7 --regions 11
    npm run parity -- /tmp/golden
"""

import argparse
import json
import math
import zlib
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

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


# --- generated values ---------------------------------------------------------------------------------------------

def generate(name, shape, mean=0.0, scale=1.0):
    index = np.arange(math.prod(shape), dtype=np.uint32)
    with np.errstate(over="ignore"):
        h = np.uint32(zlib.crc32(f"{ARGUMENTS.seed}/{name}".encode())) ^ (index * np.uint32(0x9E3779B9))
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    u = ((h ^ (h >> np.uint32(16))) >> np.uint32(8)) / 2**24
    return (mean + (2 * u - 1) * scale).astype(np.float32).astype(np.float64).reshape(shape)


# --- writing ------------------------------------------------------------------------------------------------------

def write_case(name, sidecar, given=None, expected=None):
    """`given` tensors are inputs; `expected` are compared: floats with a tolerance, others exactly."""
    path = ARGUMENTS.folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    stored, infos = {}, {}
    for key, value in {**(given or {}), **(expected or {})}.items():
        value = np.asarray(value)
        infos[key] = {"shape": list(value.shape)}
        if key in (expected or {}):
            if value.dtype == np.float64:
                largest = float(np.max(np.abs(value), initial=0.0))
                infos[key] |= {"absmax": largest, "torch_fp32_maxabs_err": 1e-6 * largest}
            else:
                infos[key]["torch_fp32_equal"] = True
        types = {"float64": np.float32, "int64": np.int32, "bool": np.uint8}
        stored[key] = np.ascontiguousarray(value.astype(types.get(str(value.dtype), value.dtype)))
    file = f"{path.stem}.values.safetensors"
    save_file(stored, path.parent / file)
    path.write_text(json.dumps({**sidecar, "tensors": infos, "sampled": {}, "file": file}, indent=1))


def stored(value):
    """As a case stores it."""
    return np.asarray(value, dtype=np.float64).astype(np.float32).astype(np.float64)


# --- weights ------------------------------------------------------------------------------------------------------

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


def generate_unrounded(name, shape, mean, scale):
    return mean + generate(name, shape, 0, 1) * scale


# --- detector -----------------------------------------------------------------------------------------------------

def convolve(x, weight, stride=1, padding=0):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("bchwij,ocij->bohw", windows, weight, optimize=True)


def batch_norm(x, w, name):
    shape = (1, -1, 1, 1)
    scale = w[f"{name}.weight"] / np.sqrt(w[f"{name}.running_var"] + 1e-5)
    return (x - w[f"{name}.running_mean"].reshape(shape)) * scale.reshape(shape) + w[f"{name}.bias"].reshape(shape)


def relu(x):
    return np.maximum(x, 0)


def trunk(w, image):
    x = relu(batch_norm(convolve(image, w["backbone.0.weight"], 2, 3), w, "backbone.1"))
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)], constant_values=-np.inf)
    x = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::2, ::2].max(axis=(4, 5))
    parts = {"after_maxpool": x}
    for stage, count in enumerate(BLOCKS):
        for block in range(count):
            b = f"backbone.{4 + stage}.{block}"
            stride = 2 if stage > 0 and block == 0 else 1
            y = relu(batch_norm(convolve(x, w[f"{b}.conv1.weight"]), w, f"{b}.bn1"))
            y = relu(batch_norm(convolve(y, w[f"{b}.conv2.weight"], stride, 1), w, f"{b}.bn2"))
            y = batch_norm(convolve(y, w[f"{b}.conv3.weight"]), w, f"{b}.bn3")
            if block == 0:
                x = batch_norm(convolve(x, w[f"{b}.downsample.0.weight"], stride), w, f"{b}.downsample.1")
            x = relu(x + y)
        parts[f"layer{stage + 1}"] = x
    return parts


def anchors_of(height, width):
    sizes = [20, 40, 60, 80, 100, 120, 140, 160, 180, 300]
    ratios = [0.2, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.3, 1.5, 2.1, 2.6, 3.0, 5.0, 8.0]
    # The reference makes its sides in float32.
    r, s = np.sqrt(np.float32(ratios))[:, None], np.float32(sizes)[None]
    half_h, half_w = (r * s).ravel() / 2, ((np.float32(1) / r) * s).ravel() / 2
    base = np.round(np.stack([-half_w, -half_h, half_w, half_h], 1)).astype(np.float64)
    ys, xs = np.meshgrid(np.arange(height) * 32, np.arange(width) * 32, indexing="ij")
    shifts = np.stack([xs, ys, xs, ys], -1).reshape(-1, 1, 4)
    return (shifts + base[None]).reshape(-1, 4)


def decode(boxes, deltas, weights):
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    cx, cy = boxes[:, 0] + width / 2, boxes[:, 1] + height / 2
    dx, dy, dw, dh = (deltas / np.array(weights)).T
    limit = math.log(1000 / 16)
    cx, cy = dx * width + cx, dy * height + cy
    width, height = np.exp(np.minimum(dw, limit)) * width, np.exp(np.minimum(dh, limit)) * height
    return np.stack([cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2], 1)


def clip(boxes, side):
    return np.clip(boxes, 0, side)


def suppress(boxes, threshold):
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left, kept = np.arange(len(boxes)), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        low = np.maximum(boxes[left, :2], boxes[best, :2])
        high = np.minimum(boxes[left, 2:], boxes[best, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        left = left[shared / (area[left] + area[best] - shared) <= threshold]
    return np.array(kept)


PRE_NMS, POST_NMS, NMS = 300, 60, 0.6


def propose(w, features, limits):
    pre_nms, post_nms, threshold = limits
    x = relu(convolve(features, w["rpn.head.conv.0.0.weight"], 1, 1) + w["rpn.head.conv.0.0.bias"].reshape(1, -1, 1, 1))
    maps = [
        convolve(x, w[f"rpn.head.{name}.weight"]) + w[f"rpn.head.{name}.bias"].reshape(1, -1, 1, 1)
        for name in ("cls_logits", "bbox_pred")
    ]
    height, width = features.shape[2:]
    anchors = anchors_of(height, width)
    found = []
    for logits, deltas in zip(*maps):
        logits = logits.transpose(1, 2, 0).ravel()
        deltas = deltas.reshape(-1, 4, height, width).transpose(2, 3, 0, 1).reshape(-1, 4)
        order = np.argsort(-logits, kind="stable")[:pre_nms]
        boxes = clip(decode(anchors[order], deltas[order], (1, 1, 1, 1)), IMAGE)
        large = ((boxes[:, 2:] - boxes[:, :2]) >= 1e-3).all(1)
        boxes, scores = boxes[large], (1 / (1 + np.exp(-logits[order])))[large]
        kept = suppress(boxes, threshold)[:post_nms]
        found.append((boxes[kept], scores[kept]))
    return maps, anchors, found


def roi_align(features, boxes):
    """Of one image `[C, H, W]`."""
    _, height, width = features.shape
    steps = (np.arange(2 * BINS) + 0.5) / 2

    def along(low, high, size):
        start = low / 32
        points = start[:, None] + steps[None] * np.maximum(high / 32 - start, 1)[:, None] / BINS
        outside = (points < -1) | (points > size)
        points = np.maximum(points, 0)
        floor = np.minimum(points.astype(int), size - 1)
        points = np.where(floor >= size - 1, floor, points)
        matrix = np.zeros((*points.shape, size))
        rows, columns = np.indices(points.shape)
        matrix[rows, columns, floor] += np.where(outside, 0, 1 - (points - floor))
        matrix[rows, columns, np.minimum(floor + 1, size - 1)] += np.where(outside, 0, points - floor)
        return matrix.reshape(len(low), BINS, 2, size).mean(2)

    x, y = along(boxes[:, 0], boxes[:, 2], width), along(boxes[:, 1], boxes[:, 3], height)
    return np.einsum("nph,nqw,chw->ncpq", y, x, features, optimize=True)


def linear(x, w, name):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def roi_head(w, features, boxes):
    aligned = roi_align(features, boxes)
    h = relu(linear(aligned.reshape(len(boxes), -1), w, "roi_heads.box_head.fc6"))
    h = relu(linear(h, w, "roi_heads.box_head.fc7"))
    logits = linear(h, w, "roi_heads.box_predictor.cls_score")
    deltas = linear(h, w, "roi_heads.box_predictor.bbox_pred")
    pooled = aligned.mean((2, 3))
    scores = softmax(logits)[:, 1:]
    best = scores.argmax(1)
    detected, top, picked = np.zeros(REGIONS, bool), np.zeros(REGIONS), np.zeros(REGIONS, int)
    for region in np.unique(best):
        rows = np.flatnonzero(best == region)
        picked[region] = rows[scores[rows, region].argmax()]
        detected[region], top[region] = True, scores[picked[region], region]
    chosen = deltas.reshape(len(boxes), REGIONS + 1, 4)[picked, np.arange(1, REGIONS + 1)]
    return {
        "class_logits": logits, "box_regression": deltas, "box_head_features": h, "pooled_features": pooled,
        "class_detected": detected, "top_scores": top,
        "top_region_boxes": clip(decode(boxes[picked], chosen, (10, 10, 5, 5)), IMAGE),
        "region_features": linear(pooled[picked], w, "roi_heads.dim_reduction"),
    }


def detect(w, image, limits):
    features = trunk(w, image)["layer4"]
    _, _, found = propose(w, features, limits)
    parts = [roi_head(w, maps, boxes) for maps, (boxes, _) in zip(features, found)]
    return {name: np.stack([part[name] for part in parts]) for name in ("class_detected", "top_scores", "top_region_boxes", "region_features")}


def write_detector(weights):
    w = {name.removeprefix("object_detector."): value for name, value in weights.items() if name.startswith("object_detector.")}
    image = stored(RANDOM.normal(size=(3, 1, IMAGE, IMAGE)))
    parts = trunk(w, image)
    features = parts.pop("layer4")
    case = f"detector/{CONFIG}.three"
    shared = {"config": CONFIG, "image_hw": [IMAGE, IMAGE]}
    write_case(f"{case}.backbone", {**shared, "input": "tensor"}, {"input": image}, {**parts, "features": features})
    features = stored(features)
    (logits, deltas), anchors, found = propose(w, features, (PRE_NMS, POST_NMS, NMS))
    integers = anchors.astype(np.int32)
    proposals = {f"proposals_{i}": boxes for i, (boxes, _) in enumerate(found)} | {f"proposal_scores_{i}": s for i, (_, s) in enumerate(found)}
    write_case(
        f"{case}.rpn",
        {**shared, "anchors": {"count": len(anchors), "crc32_of_int32_le": zlib.crc32(integers.tobytes())},
         "settings": {"pre_nms_top_n": PRE_NMS, "post_nms_top_n": POST_NMS, "nms_thresh": NMS, "mode": "eval"}},
        proposals,
        {"objectness_nchw": logits, "deltas_nchw": deltas, "anchors_first_50": integers[:50], "anchors_per_location_last_30": integers[-30:]},
    )
    edges = stored([[0, 0, 96, 96], [-20, -30, 40, 50], [80, 80, 130, 140], [10, 10, 10.5, 11], [-90, -90, -60, -60]])
    aligned = np.concatenate([roi_align(maps, edges if i == 0 else edges[:2]) for i, maps in enumerate(features)])
    heads = [roi_head(w, maps, stored(boxes)) for maps, (boxes, _) in zip(features, found)]
    per_box = ("class_logits", "box_regression", "box_head_features", "pooled_features")
    means = aligned[: len(edges), :10].mean((2, 3))
    write_case(
        f"{case}.roi", shared, {"edge_boxes": edges},
        {"edge_roialign": aligned, f"edge_roialign_mean_{BINS}x{BINS}": means}
        | {name: (np.concatenate if name in per_box else np.stack)([head[name] for head in heads]) for name in heads[0]},
    )
    write_case(f"{case}.full_eval", {**shared, "input": "tensor"}, None, detect(w, image, (1000, 1000, 0.7)))
    return w


# --- classifiers --------------------------------------------------------------------------------------------------

def classify(w, kind, features):
    p = f"binary_classifier_region_{kind}.classifier"
    return linear(relu(linear(relu(linear(features, w, f"{p}.0")), w, f"{p}.2")), w, f"{p}.4")[..., 0]


def numeric_gradient(function, value, step=1e-6):
    gradient = np.zeros_like(value)
    for index in np.ndindex(value.shape):
        kept = value[index]
        value[index] = kept + step
        high = function()
        value[index] = kept - step
        gradient[index] = (high - function()) / (2 * step)
        value[index] = kept
    return gradient


def write_classifiers(weights):
    w = {name: value.copy() for name, value in weights.items() if name.startswith("binary_")}
    shape = (2, REGIONS)
    name = "in/classifier/other"
    features = generate(name, [*shape, DIM], 0.1, 1.5)
    detected, phrase, abnormal = (RANDOM.random(shape) < share for share in (0.8, 0.5, 0.3))
    pos_weight, threshold = {"selection": 1.7, "abnormal": 4.5}, -0.5
    targets = {"selection": phrase, "abnormal": abnormal}

    def loss(kind):
        x, y = classify(w, kind, features), targets[kind]
        each = pos_weight[kind] * y * np.log1p(np.exp(-x)) + (1 - y) * np.log1p(np.exp(x))
        return each[detected].mean()

    def total():
        return 3 * loss("selection") + 2 * loss("abnormal")

    gradients = {"grad.features": numeric_gradient(total, features)}
    for key in list(w):
        kind = key.removeprefix("binary_classifier_region_")
        gradients[f"grad.{kind}"] = numeric_gradient(total, w[key])
    logits = {kind: classify(w, kind, features) for kind in targets}
    value = lambda x: {"value": float(x), "torch_fp32_err": 1e-6}
    write_case(
        f"classifiers/{CONFIG}",
        {"config": CONFIG, "pos_weight": pos_weight, "threshold_logit": threshold,
         "features": {"generator_name": name, "shape": [*shape, DIM], "mean": 0.1, "scale": 1.5},
         "losses": {kind: value(loss(kind)) for kind in targets}, "note": "gradients are of 3*selection + 2*abnormal"},
        {"class_detected": detected, "region_has_sentence": phrase, "region_is_abnormal": abnormal},
        {"selection.logits": logits["selection"], "abnormal.logits": logits["abnormal"],
         "selection.selected_regions": (logits["selection"] > threshold) & detected,
         "abnormal.predicted": logits["abnormal"] > threshold} | gradients,
    )


# --- language model -----------------------------------------------------------------------------------------------

def layer_norm(x, w, name):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def language_model(w, ids, mask, features):
    t = "gpt_with_lm_head.transformer"
    rows, length = ids.shape
    f = linear(relu(linear(features, w, "feature_space_transformation_nn.0")), w, "feature_space_transformation_nn.2")
    x = w[f"{t}.wte.weight"][ids] + w[f"{t}.wte.weight"][np.arange(length)]
    heads = lambda y: y.reshape(rows, -1, HEADS, DIM // HEADS).transpose(0, 2, 1, 3)
    causal = np.concatenate([np.ones((length, 1), bool), np.tril(np.ones((length, length), bool))], 1)
    hidden = np.concatenate([np.ones((rows, 1)), mask], 1)[:, None, None] - 1
    for layer in range(LAYERS):
        h = f"{t}.h.{layer}"
        q, k, v = np.split(layer_norm(x, w, f"{h}.ln_1") @ w[f"{h}.attn.c_attn.weight"] + w[f"{h}.attn.c_attn.bias"], 3, -1)
        k = np.concatenate([linear(f, w, f"{h}.attn.uk")[:, None], k], 1)
        v = np.concatenate([linear(f, w, f"{h}.attn.uv")[:, None], v], 1)
        scores = heads(q) @ heads(k).transpose(0, 1, 3, 2) / math.sqrt(DIM // HEADS)
        scores = np.where(causal, scores, -10000) + hidden * 10000
        mixed = (softmax(scores) @ heads(v)).transpose(0, 2, 1, 3).reshape(rows, length, DIM)
        x = x + mixed @ w[f"{h}.attn.c_proj.weight"] + w[f"{h}.attn.c_proj.bias"]
        inner = gelu(layer_norm(x, w, f"{h}.ln_2") @ w[f"{h}.mlp.c_fc.weight"] + w[f"{h}.mlp.c_fc.bias"])
        x = x + inner @ w[f"{h}.mlp.c_proj.weight"] + w[f"{h}.mlp.c_proj.bias"]
    return layer_norm(x, w, f"{t}.ln_f") @ w[f"{t}.wte.weight"].T


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def next_log_probs(w, beams, feature):
    ids = np.array(beams)
    logits = language_model(w, ids, np.ones(ids.shape), np.repeat(feature[None], len(ids), 0))
    return log_softmax(logits[:, -1])


def greedy(w, feature, max_length):
    ids = [BOS]
    while len(ids) < max_length:
        ids.append(int(next_log_probs(w, [ids], feature)[0].argmax()))
        if ids[-1] == BOS:
            break
    return ids


def beam_search(w, feature, num_beams, max_length):
    beams, scores, done = [[BOS]] * num_beams, np.array([0.0] + [-1e9] * (num_beams - 1)), []

    def store(tokens, total):
        done.append((total / len(tokens), tokens))
        if len(done) > num_beams:
            done.remove(min(done, key=lambda item: item[0]))

    while len(beams[0]) < max_length and len(done) < num_beams:
        flat = (next_log_probs(w, beams, feature) + scores[:, None]).ravel()
        live = []
        for rank, at in enumerate(np.argsort(-flat, kind="stable")[: 2 * num_beams]):
            beam, token = divmod(int(at), VOCAB)
            if token == BOS:
                if rank < num_beams:
                    store(beams[beam], flat[at])
            else:
                live.append((beams[beam] + [token], flat[at]))
            if len(live) == num_beams:
                break
        beams, scores = [tokens for tokens, _ in live], np.array([score for _, score in live])
    if len(done) < num_beams:
        for tokens, total in zip(beams, scores):
            store(tokens, total)
    best = max(reversed(done), key=lambda item: item[0])
    return best[1] + ([BOS] if len(best[1]) < max_length else []), best[0]


def padded(rows):
    width = max(len(tokens) for tokens in rows)
    return np.array([tokens + [BOS] * (width - len(tokens)) for tokens in rows], np.int32)


def write_language(weights):
    w = {name.removeprefix("language_model."): value.copy() for name, value in weights.items() if name.startswith("language_model.")}
    lengths = [9, 5, 2, 7]
    ids = np.full((len(lengths), max(lengths)), BOS)
    mask = np.zeros(ids.shape)
    for index, length in enumerate(lengths):
        ids[index, 1 : length - 1] = RANDOM.integers(0, BOS, length - 2)
        mask[index, :length] = 1
    features = stored(RANDOM.normal(size=(len(lengths), DIM)))

    def loss():
        logs = log_softmax(language_model(w, ids, mask, features))[:, :-1]
        each = -np.take_along_axis(logs, ids[:, 1:, None], 2)[..., 0]
        return (each * mask[:, 1:]).sum() / mask[:, 1:].sum()

    logits = language_model(w, ids, mask, features)
    gradients = {
        f"grad.{name}": numeric_gradient(loss, w[name])
        for name in ("gpt_with_lm_head.transformer.h.1.attn.uk.bias", "gpt_with_lm_head.transformer.h.0.attn.uv.bias", "feature_space_transformation_nn.2.bias")
    }
    ranked = -np.sort(-logits, -1)
    summary = {
        "logits_argmax": logits.argmax(-1).astype(np.int32), "logits_top3_values": ranked[..., :3],
        "logits_logsumexp": (logits - log_softmax(logits))[..., 0],
        "cached_last_step_logits_row0": logits[:1, -1:],
    }
    write_case(
        f"lm/{CONFIG}.forward", {"config": CONFIG, "loss": {"value": float(loss()), "torch_fp32_err": 1e-6}},
        {"input_ids": ids, "attention_mask": mask.astype(np.int32), "image_features": features},
        {"logits": logits, **summary, "grad.image_features": numeric_gradient(loss, features), **gradients},
    )
    texts, settings, expected = stored(RANDOM.normal(size=(13, DIM)) * 2), {}, {}
    for num_beams, max_length in [(1, 14), (3, 11), (5, 8)]:
        name = f"gen.q.beams{num_beams}.max{max_length}"
        settings[name] = {
            "settings": {"max_length": max_length, "num_beams": num_beams, "early_stopping": num_beams > 1, "num_return_sequences": 1},
            "features": "feat.q",
        }
        if num_beams == 1:
            expected[name] = padded([greedy(w, feature, max_length) for feature in texts])
        else:
            found = [beam_search(w, feature, num_beams, max_length) for feature in texts]
            expected[name] = padded([tokens for tokens, _ in found])
            expected[f"{name}.sequence_scores"] = np.array([score for _, score in found])
    write_case(f"lm/{CONFIG}.generate", {"config": CONFIG, "generation": settings}, {"feat.q": texts}, expected)
    return w


def write_reports(weights, detector, language):
    images = stored(RANDOM.normal(size=(4, 1, IMAGE, IMAGE)))
    found = detect(detector, images, (1000, 1000, 0.7))
    logits = classify(weights, "selection", found["region_features"])
    selected = (logits > -1) & found["class_detected"]
    rows = found["region_features"][selected]
    some = rows[: max(1, len(rows) - 2)]
    beams = [beam_search(language, feature, 2, 9) for feature in some]
    write_case(
        f"e2e/{CONFIG}.generate", {"config": CONFIG}, {"images": images},
        found | {"selection_logits": logits, "selected_regions": selected,
                 "beams1.max7.output_ids": padded([greedy(language, feature, 7) for feature in rows]),
                 "beams2.max9.output_ids": padded([tokens for tokens, _ in beams]),
                 "beams2.sequence_scores": np.array([score for _, score in beams])},
    )
    print(f"{int(selected.sum())} sentences of {REGIONS * len(images)} regions, {len(some)} of them by two beams")


# --- R-CLIP -------------------------------------------------------------------------------------------------------

def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def write_contrastive():
    views = ("image", "image_view", "text", "text2")
    cases, given, expected = [], {}, {}
    for name, size, dim, scale, smoothing in [("b3", 3, 8, 2.0, 0.0), ("b7", 7, 12, 3.1, 0.15)]:
        v = {view: stored(unit(RANDOM.normal(size=(size, dim)))) for view in views}
        s = {"scale": np.array(scale)}

        def pair(a, b, smooth=0.0):
            logits = np.exp(s["scale"]) * v[a] @ v[b].T
            sides = []
            for side in (logits, logits.T):
                logs = log_softmax(side)
                sides.append(-((1 - smooth) * np.diag(logs) + smooth * logs.mean(1)).mean())
            return sum(sides) / 2

        parts = {
            "mvs": lambda: sum(pair(a, b, smoothing) for a in views[:2] for b in views[2:]) / 4,
            "icl": lambda: pair("image", "image_view"),
            "tcl": lambda: pair("text", "text2"),
        }
        total = lambda: parts["mvs"]() + 2 * parts["icl"]() + 0.25 * parts["tcl"]()
        cases.append({
            "name": name, "batch": size, "dim": dim, "logit_scale": scale, "label_smoothing": smoothing,
            **{key: float(part()) for key, part in parts.items()}, "total": float(total()),
            "grad_logit_scale": float(numeric_gradient(total, s["scale"])), "torch_fp32_err_total": 1e-6,
        })
        for view in views:
            given[f"{name}.{view}"] = v[view].copy()
            expected[f"{name}.grad.{view}"] = numeric_gradient(total, v[view])
    write_case("clip/losses", {"note": "total = MVS + 2*ICL + 0.25*TCL", "cases": cases}, given, expected)


def auroc(labels, scores):
    positive, negative = scores[labels == 1], scores[labels == 0]
    return float(((positive[:, None] > negative).sum() + 0.5 * (positive[:, None] == negative).sum()) / (len(positive) * len(negative)))


def scores_of(labels, scores, positive):
    hit = int((positive & (labels == 1)).sum())
    f1 = 2 * hit / (int(positive.sum()) + int((labels == 1).sum()))
    return {"AUROC": auroc(labels, scores), "Accuracy": float((positive == (labels == 1)).mean()), "F1": f1}


def adamw_step(state, gradient, step, rate, decay, betas=(0.9, 0.999), eps=1e-8):
    p, m, v = state
    m = betas[0] * m + (1 - betas[0]) * gradient
    v = betas[1] * v + (1 - betas[1]) * gradient**2
    p = p * (1 - rate * decay) - rate * (m / (1 - betas[0] ** step)) / (np.sqrt(v / (1 - betas[1] ** step)) + eps)
    return p, m, v


def warmup_cosine(rate, total, warmup):
    warmup = warmup if isinstance(warmup, int) else math.ceil(warmup * total)
    return [rate * (t / warmup if t < warmup else math.cos((t - warmup) / (total - warmup) * math.pi / 2) ** 2) for t in range(total)]


def write_use():
    labels = ARGUMENTS.labels
    given, expected, n = {}, {}, 24
    given["zs.image_embeddings"] = images = stored(unit(RANDOM.normal(size=(n, 10))))
    given["zs.prompt_embeddings"] = prompts = stored(unit(RANDOM.normal(size=(2, 10))))
    given["zs.labels"] = truth = RANDOM.integers(0, 2, n)
    probability = softmax(images @ prompts.T)
    given["zs.probability"] = probability
    zero_shot = {"Edema": scores_of(truth, probability[:, 1], probability.argmax(1) == 1)}

    keys = [*range(n - 4), 0, 1, 2, 2]
    given["ret.image_embeddings"], given["ret.text_embeddings"] = (stored(unit(RANDOM.normal(size=(n, 10)) + 2 * images)) for _ in range(2))
    texts = given["ret.text_embeddings"][: n - 4]
    similarity = given["ret.image_embeddings"] @ texts.T
    ranks = np.array([1 + int((line > line[key]).sum()) for line, key in zip(similarity, keys)])
    retrieval = {f"Recall@{k}": float((ranks <= k).mean()) for k in (1, 5, 10)} | {"MeanRank": float(ranks.mean())}

    names = [f"Finding {index}" for index in range(labels)]
    given["ml.pred"] = predicted = stored(RANDOM.random((n, labels)))
    given["ml.label"] = label = RANDOM.integers(0, 2, (n, labels))
    single = RANDOM.integers(0, labels, n)
    given["mc.label"] = np.eye(labels, dtype=int)[single]
    multilabel = {name: scores_of(label[:, i], predicted[:, i], predicted[:, i] > 0.5) for i, name in enumerate(names)}
    averages = {f"{metric}(Avg)": float(np.mean([multilabel[name][metric] for name in names])) for metric in ("AUROC", "Accuracy", "F1")}
    right = predicted.argmax(1) == single
    shares = [float(right[single == index].mean()) for index in range(labels)]
    multiclass = dict(zip(names, shares)) | {"Accuracy(Macro)": float(np.mean(shares)), "Accuracy(Micro)": float(right.mean())}

    batch, total, warmup, width, rate, decay = 5, 13, 3, 7, 0.03, 0.02
    given["probe.features"] = features = stored(RANDOM.normal(size=(batch * total, width)))
    given["probe.targets"] = targets = RANDOM.integers(-1, 2, (batch * total, labels))
    head, mean, scale = "probe/finding_head", 0.05, 0.3
    state = {part: (generate(f"{head}.{part}", shape, mean, scale), 0.0, 0.0) for part, shape in (("weight", [labels, width]), ("bias", [labels]))}
    rates, losses = warmup_cosine(rate, total, warmup), []
    for step, now in enumerate(rates):
        x, y = features[step * batch :][:batch], np.maximum(targets[step * batch :][:batch], 0)
        logits = x @ state["weight"][0].T + state["bias"][0]
        losses.append(float((np.log1p(np.exp(-np.abs(logits))) + np.maximum(logits, 0) - logits * y).mean()))
        error = (1 / (1 + np.exp(-logits)) - y) / logits.size
        for part, gradient in (("weight", error.T @ x), ("bias", error.sum(0))):
            state[part] = adamw_step(state[part], gradient, step + 1, now, decay)
    for part in state:
        expected[f"probe.final.finding_head.{part}"] = state[part][0]
    expected["probe.sigmoid_first9"] = 1 / (1 + np.exp(-(features[:9] @ state["weight"][0].T + state["bias"][0])))
    write_case(
        "clip/eval_and_probe",
        {"zero_shot_binary": zero_shot, "retrieval": {"text_ids": keys, "result": retrieval},
         "multilabel": multilabel | averages, "multiclass": multiclass,
         "probe": {"optimizer": f"AdamW lr {rate} wd {decay}", "scheduler": f"linear warm-up {warmup}, cosine^2 to 0, total {total}",
                   "batch": batch, "initial_weights": f"generator name '{head}.weight' and '.bias', mean {mean}, scale {scale}",
                   "lr": rates, "loss": losses, "loss_fp32_err": 1e-7}},
        given, expected,
    )


# --- optimizers and schedules -------------------------------------------------------------------------------------

def write_optimizers():
    expected, cases = {}, []
    for name, shapes, steps, rate, decay, betas, eps, scale, missing in [
        ("fast", [[2, 3, 2], [5]], 17, 3e-3, 0.05, (0.8, 0.95), 1e-6, 2.0, []),
        ("holes", [[6], [1, 4]], 9, 1e-2, 0.0, (0.9, 0.999), 1e-8, 0.5, [[0, 2], [1, 0], [1, 1]]),
    ]:
        initial, gradients = f"generator 'rule/{name}/start-I', mean 0.1 scale 0.7", f"generator 'rule/{name}/grad-T-of-I', mean -0.2 scale {scale}"
        rates, counts = [rate * (1 + step / steps) for step in range(steps)], []
        for index, shape in enumerate(shapes):
            state, count = (generate(f"rule/{name}/start-{index}", shape, 0.1, 0.7), 0.0, 0.0), 0
            for step, now in enumerate(rates):
                if [index, step] not in missing:
                    count += 1
                    gradient = generate(f"rule/{name}/grad-{step}-of-{index}", shape, -0.2, scale)
                    state = adamw_step(state, gradient, count, now, decay, betas, eps)
                if step in (steps // 2, steps - 1):
                    expected[f"{name}.p{index}.after_step_{step + 1}"] = state[0]
            expected[f"{name}.p{index}.exp_avg"], expected[f"{name}.p{index}.exp_avg_sq"] = state[1:]
            counts.append(float(count))
        cases.append({"name": name, "shapes": shapes, "steps": steps, "weight_decay": decay, "betas": betas, "eps": eps, "lrs": rates,
                      "initial": initial, "gradients": gradients, "gradient_missing_at_(tensor,step)": missing, "step_counts": counts})
    sgd = {"lr": 0.02, "weight_decay": 0.3, "momentum": 0.6, "steps": 7, "initial": "generator 'rule/sgd' mean 0 scale 2", "gradients": "generator 'rule/sgd/T' mean 0 scale 1"}
    p, velocity = generate("rule/sgd", [3, 2], 0, 2), 0.0
    for step in range(sgd["steps"]):
        velocity = sgd["momentum"] * velocity + generate(f"rule/sgd/{step}", [3, 2], 0, 1) + sgd["weight_decay"] * p
        p = p - sgd["lr"] * velocity
    losses = [5, 4, 4.1, None, 3.9, 3.8, 3.85, 3.9, 3.7, 3.6999, 3.7, 3.7]
    settings = {"factor": 0.4, "patience": 1, "threshold": 0.01, "cooldown": 1}
    rate, best, bad, rest, after = 0.2, math.inf, 0, 0, []
    for loss in losses:
        better = loss is not None and loss < best * (1 - settings["threshold"])
        best, bad = (loss, 0) if better else (best, bad + 1)
        if rest > 0:
            rest, bad = rest - 1, 0
        if bad > settings["patience"]:
            rate, rest, bad = rate * settings["factor"], settings["cooldown"], 0
        after.append({"lr": rate, "best": best, "num_bad": bad, "cooldown_counter": rest})
    schedules = [{"total_steps": t, "warmup_steps": u, "base_lr": 0.7, "lr_used_at_step": warmup_cosine(0.7, t, u)} for t, u in ((11, 4), (20, 0.17))]
    write_case(
        "optim/rules",
        {"adamw": cases, "sgd": sgd, "plateau": [{"name": "short", "initial_lr": 0.2, "settings": settings, "losses": losses, "after_each_step": after}],
         "warmup_cosine": schedules},
        {"sgd.final": p}, expected,
    )


WEIGHTS = write_weights()
DETECTOR = write_detector(WEIGHTS)
write_classifiers(WEIGHTS)
LANGUAGE = write_language(WEIGHTS)
write_reports(WEIGHTS, DETECTOR, LANGUAGE)
write_contrastive()
write_use()
write_optimizers()
