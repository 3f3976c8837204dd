"""Zero-shot, retrieval, scores and the linear probe."""

import numpy as np

from golden_folder.cases import write_case
from golden_folder.maths import softmax, unit
from golden_folder.optimizers import adamw_step, warmup_cosine
from golden_folder.settings import ARGUMENTS, RANDOM
from golden_folder.values import generate, stored


def auroc(labels, scores):
    positive, negative = scores[labels == 1], scores[labels == 0]
    return float(((positive[:, None] > negative).sum() + 0.5 * (positive[:, None] == negative).sum()) / (len(positive) * len(negative)))


def scores_of(labels, scores, positive):
    hit = int((positive & (labels == 1)).sum())
    f1 = 2 * hit / (int(positive.sum()) + int((labels == 1).sum()))
    return {"AUROC": auroc(labels, scores), "Accuracy": float((positive == (labels == 1)).mean()), "F1": f1}


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
