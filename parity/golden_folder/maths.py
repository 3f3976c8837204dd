"""What several networks are made of."""

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def linear(x, w, name):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


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


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)
