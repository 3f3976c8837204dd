"""Trunk, proposals, RoI head and the detector as a whole."""

import math
import zlib

import numpy as np

from golden_folder.cases import write_case
from golden_folder.maths import linear, relu, softmax
from golden_folder.settings import BINS, BLOCKS, CONFIG, IMAGE, RANDOM, REGIONS
from golden_folder.values import stored


def convolve(x, weight, stride=1, padding=0):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("bchwij,ocij->bohw", windows, weight, optimize=True)


def batch_norm(x, w, name):
    shape = (1, -1, 1, 1)
    scale = w[f"{name}.weight"] / np.sqrt(w[f"{name}.running_var"] + 1e-5)
    return (x - w[f"{name}.running_mean"].reshape(shape)) * scale.reshape(shape) + w[f"{name}.bias"].reshape(shape)


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
