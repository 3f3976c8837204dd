"""The language model, greedy and beam search."""

import math

import numpy as np

from golden_folder.cases import write_case
from golden_folder.maths import linear, log_softmax, numeric_gradient, relu, softmax
from golden_folder.settings import BOS, CONFIG, DIM, HEADS, LAYERS, RANDOM, VOCAB
from golden_folder.values import stored


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
