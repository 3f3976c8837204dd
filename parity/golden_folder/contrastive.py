"""Contrastive losses."""

import numpy as np

from golden_folder.cases import write_case
from golden_folder.maths import log_softmax, numeric_gradient, unit
from golden_folder.settings import RANDOM
from golden_folder.values import stored


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
