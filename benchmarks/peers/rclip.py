"""PyTorch yardstick of R-CLIP's encoders: random weights, float32 and dynamic int8. One line of JSON in, one out.

The image encoder is a ResNet-50 with a projection, the text encoder a BERT with a projection of its last token; both written here, so that
nothing but torch is needed. Each is timed eagerly and as a frozen TorchScript graph; the faster one counts.

Argument: {"images": {...}, "texts": {...}} with the sizes of the networks.
Requests: {"do": "info"}, {"do": "images", "count": B}, {"do": "texts", "count": B, "tokens": T}, {"do": "texts-int8", ...},
{"do": "limits"}. Answers to the encoders: {"ms": milliseconds of one go}.
"""

import json
import os
import sys
import time

import torch
from torch import nn
from torch.nn import functional

from torch_info import info


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride, projects):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )
        self.shortcut = (
            nn.Sequential(nn.Conv2d(inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))
            if projects
            else nn.Identity()
        )

    def forward(self, x):
        return functional.relu(self.body(x) + self.shortcut(x))


class ImageEncoder(nn.Module):
    def __init__(self, stemWidth, planes, blocks, embeddingDim):
        super().__init__()
        layers = [
            nn.Conv2d(3, stemWidth, 7, 2, 3, bias=False),
            nn.BatchNorm2d(stemWidth),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        ]
        inputs = stemWidth
        for stage, (width, count) in enumerate(zip(planes, blocks)):
            for block in range(count):
                stride = 2 if block == 0 and stage > 0 else 1
                layers.append(Bottleneck(inputs, width, stride, block == 0))
                inputs = 4 * width
        self.trunk = nn.Sequential(*layers)
        self.projection = nn.Linear(inputs, embeddingDim)

    def forward(self, images):
        return functional.normalize(self.projection(self.trunk(images).mean((2, 3))), dim=1)


class Layer(nn.Module):
    def __init__(self, width, heads, ffnWidth):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)
        self.up, self.down = nn.Linear(width, ffnWidth), nn.Linear(ffnWidth, width)

    def split(self, x):
        return x.reshape(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x, bias):
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = query @ key.transpose(-1, -2) / (x.shape[-1] // self.heads) ** 0.5 + bias
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(x.shape)
        x = self.norm1(x + self.out(mixed))
        return self.norm2(x + self.down(functional.gelu(self.up(x))))


class TextEncoder(nn.Module):
    def __init__(self, vocabSize, width, numLayers, numHeads, ffnWidth, numPositions, embeddingDim):
        super().__init__()
        self.words = nn.Embedding(vocabSize, width)
        self.positions = nn.Embedding(numPositions, width)
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.ModuleList(Layer(width, numHeads, ffnWidth) for _ in range(numLayers))
        self.projection = nn.Linear(width, embeddingDim)

    def forward(self, ids, mask):
        bias = ((1 - mask) * -10000)[:, None, None, :]
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, bias)
        last = x[torch.arange(ids.shape[0]), mask.sum(1).long() - 1]
        return functional.normalize(self.projection(last), dim=1)


def milliseconds(work):
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


class Contender:
    """A network in its faster form for inputs of one shape, found at the first call of that shape."""

    def __init__(self, network):
        self.network = network.eval()
        self.chosen = {}

    def run(self, *inputs):
        shape = inputs[0].shape
        if shape not in self.chosen:
            frozen = torch.jit.freeze(torch.jit.trace(self.network, inputs))
            best = {}
            for name, form in {"eager": self.network, "frozen": frozen}.items():
                form(*inputs), form(*inputs)
                best[name] = min(milliseconds(lambda form=form: form(*inputs)) for _ in range(3))
            name = min(best, key=best.get)
            self.chosen[shape] = frozen if name == "frozen" else self.network
        form = self.chosen[shape]
        return milliseconds(lambda: form(*inputs))


class Yardstick:
    def __init__(self, sizes):
        self.side = sizes["images"].pop("imageSize")
        self.vocabulary = sizes["texts"]["vocabSize"]
        self.images = Contender(ImageEncoder(**sizes["images"]))
        texts = TextEncoder(**sizes["texts"])
        self.texts = Contender(texts)
        self.texts_int8 = Contender(torch.quantization.quantize_dynamic(texts, {nn.Linear}, torch.qint8))

    def answer(self, request):
        count = request.get("count")
        if request["do"] == "info":
            return info()
        if request["do"] == "limits":
            return limits()
        if request["do"] == "images":
            return {"ms": self.images.run(torch.randn(count, 3, self.side, self.side))}
        tokens = request["tokens"]
        inputs = torch.randint(0, self.vocabulary, (count, tokens)), torch.ones(count, tokens)
        return {"ms": (self.texts if request["do"] == "texts" else self.texts_int8).run(*inputs)}


def limits():
    data, square = torch.rand(2**27), torch.rand(2048, 2048)
    read = min(milliseconds(lambda: data.sum()) for _ in range(7))
    multiply = min(milliseconds(lambda: square @ square) for _ in range(7))
    return {"bandwidth": 4 * 2**27 / read * 1000, "arithmetic": 2 * 2048**3 / multiply * 1000}


def main():
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    with torch.inference_mode():
        yardstick = Yardstick(json.loads(sys.argv[1]))
        for line in sys.stdin:
            print(json.dumps(yardstick.answer(json.loads(line))), flush=True)


main()
