"""AdamW, SGD, and schedules of the learning rate."""

import math

import numpy as np

from golden_folder.cases import write_case
from golden_folder.values import generate


def adamw_step(state, gradient, step, rate, decay, betas=(0.9, 0.999), eps=1e-8):
    p, m, v = state
    m = betas[0] * m + (1 - betas[0]) * gradient
    v = betas[1] * v + (1 - betas[1]) * gradient**2
    p = p * (1 - rate * decay) - rate * (m / (1 - betas[0] ** step)) / (np.sqrt(v / (1 - betas[1] ** step)) + eps)
    return p, m, v


def warmup_cosine(rate, total, warmup):
    warmup = warmup if isinstance(warmup, int) else math.ceil(warmup * total)
    return [rate * (t / warmup if t < warmup else math.cos((t - warmup) / (total - warmup) * math.pi / 2) ** 2) for t in range(total)]


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
