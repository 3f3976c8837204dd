"""Region selection and abnormality, with gradients by differences."""

import numpy as np

from golden_folder.cases import write_case
from golden_folder.maths import linear, numeric_gradient, relu
from golden_folder.settings import CONFIG, DIM, RANDOM, REGIONS
from golden_folder.values import generate


def classify(w, kind, features):
    p = f"binary_classifier_region_{kind}.classifier"
    return linear(relu(linear(relu(linear(features, w, f"{p}.0")), w, f"{p}.2")), w, f"{p}.4")[..., 0]


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
