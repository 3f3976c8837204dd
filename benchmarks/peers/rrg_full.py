"""PyTorch yardstick of the full-size report model: random weights, float32, eager. One line of JSON in, one out.

The detector is a ResNet-50 with one-channel stem, a region proposal network with 160 anchors a cell, torchvision's NMS and RoIAlign and
the two-layer box head; the sentences come from a GPT-2 medium whose layers see one extra key and value of the image, with a cache.

Requests: {"do": "info"}, {"do": "detect", "boxes": N}, {"do": "select"},
{"do": "generate", "regions": S, "beams": Q, "steps": T}, {"do": "limits"}. With --device cuda all of it is on the GPU.
"""

import json
import os
import resource
import sys
import time

import torch
import torchvision
from torch import nn
from torch.nn import functional

from torch_info import info, synchronize

REGIONS = 29
ANCHORS = 160
SIZE = 512
STRIDE = 32
PROPOSALS = 1000


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        net = torchvision.models.resnet50(weights=None)
        net.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
        self.trunk = nn.Sequential(*list(net.children())[:-2])
        self.conv = nn.Conv2d(2048, 2048, 3, padding=1)
        self.objectness = nn.Conv2d(2048, ANCHORS, 1)
        self.deltas = nn.Conv2d(2048, 4 * ANCHORS, 1)
        self.fc6 = nn.Linear(2048 * 64, 1024)
        self.fc7 = nn.Linear(1024, 1024)
        self.logits = nn.Linear(1024, REGIONS + 1)
        self.boxes = nn.Linear(1024, 4 * (REGIONS + 1))
        self.reduce = nn.Linear(2048, 1024)
        scale = torch.exp(torch.linspace(3, 5.7, 10))
        ratio = torch.exp(torch.linspace(-1.6, 2.1, 16)).sqrt()
        height, width = (ratio[:, None] * scale).flatten(), (scale / ratio[:, None]).flatten()
        cells = torch.arange(SIZE // STRIDE) * STRIDE
        y, x = torch.meshgrid(cells, cells, indexing="ij")
        base = torch.stack([-width, -height, width, height], 1) / 2
        self.anchors = (torch.stack([x, y, x, y], 2).reshape(-1, 1, 4) + base).reshape(-1, 4)

    def first_stage(self, image):
        features = self.trunk(image)
        hidden = functional.relu(self.conv(features))
        return features, self.objectness(hidden), self.deltas(hidden)

    def proposals(self, objectness, deltas):
        scores = objectness.permute(0, 2, 3, 1).reshape(-1)
        deltas = deltas.reshape(1, ANCHORS, 4, SIZE // STRIDE, -1).permute(0, 3, 4, 1, 2).reshape(-1, 4)
        sizes = self.anchors[:, 2:] - self.anchors[:, :2]
        centres = self.anchors[:, :2] + sizes / 2 + deltas[:, :2] * sizes
        sizes = sizes * torch.exp(deltas[:, 2:].clamp(max=4.135))
        boxes = torch.cat([centres - sizes / 2, centres + sizes / 2], 1)
        best = scores.topk(PROPOSALS).indices
        boxes = boxes[best].clamp(0, SIZE)
        return boxes[torchvision.ops.nms(boxes, scores[best].sigmoid(), 0.7)]

    def roi(self, features, boxes):
        aligned = torchvision.ops.roi_align(features, [boxes], 8, 1 / STRIDE, 2)
        hidden = functional.relu(self.fc7(functional.relu(self.fc6(aligned.flatten(1)))))
        probabilities = self.logits(hidden).softmax(1)[:, 1:]
        best = probabilities.argmax(0)
        return self.boxes(hidden)[best], self.reduce(aligned.mean((2, 3))[best])


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.image_key = nn.Linear(width, width)
        self.image_value = nn.Linear(width, width)

    def split(self, x):
        return x.reshape(x.shape[0], -1, self.heads, x.shape[-1] // self.heads).transpose(1, 2)

    def image(self, features):
        return self.split(self.image_key(features)), self.split(self.image_value(features))

    def forward(self, x, past):
        query, key, value = (self.split(part) for part in self.qkv(x).chunk(3, -1))
        key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        weights = (query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(-1)
        mixed = (weights @ value).transpose(1, 2).reshape(x.shape)
        return self.out(mixed), (key, value)


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x, past):
        attended, present = self.attention(self.norm1(x), past)
        x = x + attended
        hidden = functional.gelu(self.up(self.norm2(x)), approximate="tanh")
        return x + self.down(hidden), present


class Generator(nn.Module):
    def __init__(self, width=1024, heads=16, layers=24, vocabulary=50257):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.features = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))

    def prefill(self, features, beams):
        transformed = self.features(features).repeat_interleave(beams, 0)
        return [layer.attention.image(transformed) for layer in self.layers]

    def step(self, ids, position, cache):
        x = self.tokens(ids)[:, None] + self.tokens.weight[position]
        present = []
        for layer, past in zip(self.layers, cache):
            x, kept = layer(x, past)
            present.append(kept)
        return functional.linear(self.norm(x[:, 0]), self.tokens.weight), present


def greedy(model, cache, ids, steps):
    for position in range(steps):
        logits, cache = model.step(ids, position, cache)
        ids = logits.log_softmax(-1).argmax(-1)


def beam_search(model, cache, ids, steps, sequences, beams):
    sums = torch.full((sequences, beams), -1e9)
    sums[:, 0] = 0
    offsets = torch.arange(sequences)[:, None] * beams
    for position in range(steps):
        logits, cache = model.step(ids, position, cache)
        total = logits.log_softmax(-1).reshape(sequences, beams, -1) + sums[:, :, None]
        best, flat = total.reshape(sequences, -1).topk(2 * beams)
        sums, chosen = best[:, :beams], flat[:, :beams]
        vocabulary = logits.shape[-1]
        ids = (chosen % vocabulary).flatten()
        rows = (chosen // vocabulary + offsets).flatten()
        cache = [(key.index_select(0, rows), value.index_select(0, rows)) for key, value in cache]


class Yardstick:
    def __init__(self):
        self.detector = Detector().eval()
        self.generator = Generator().eval()
        widths = [1024, 512, 128, 1]
        self.selectors = [
            nn.Sequential(*[part for i in range(3) for part in (nn.Linear(widths[i], widths[i + 1]), nn.ReLU())][:-1])
            for _ in range(2)
        ]
        self.image = torch.randn(1, 1, SIZE, SIZE)

    def info(self, _):
        return info()

    def detect(self, request):
        clock = Clock()
        features, objectness, deltas = self.detector.first_stage(self.image)
        clock.lap("backbone")
        self.detector.proposals(objectness, deltas)
        clock.lap("proposals")
        corner = torch.rand(request["boxes"], 2) * SIZE / 2
        boxes = torch.cat([corner, corner + torch.rand(request["boxes"], 2) * SIZE / 2], 1)
        clock.lap("made boxes")
        self.detector.roi(features, boxes)
        clock.lap("roi")
        return clock.laps

    def select(self, _):
        features = torch.randn(REGIONS, 1024)
        clock = Clock()
        for selector in self.selectors:
            selector(features)
        clock.lap("select")
        return clock.laps

    def generate(self, request):
        sequences, beams, steps = request["regions"], request["beams"], request["steps"]
        features = torch.randn(sequences, 1024)
        ids = torch.full((sequences * beams,), 50256)
        clock = Clock()
        cache = self.generator.prefill(features, beams)
        clock.lap("prefill")
        if beams == 1:
            greedy(self.generator, cache, ids, steps)
        else:
            beam_search(self.generator, cache, ids, steps, sequences, beams)
        clock.lap("decode")
        return clock.laps

    def limits(self, _):
        data, square = torch.rand(2**27), torch.rand(2048, 2048)
        read, multiply = [], []
        for _ in range(7):
            clock = Clock()
            data.sum()
            clock.lap("read")
            square @ square
            clock.lap("multiply")
            read.append(clock.laps["read"])
            multiply.append(clock.laps["multiply"])
        return {"bandwidth": 4 * 2**27 / min(read) * 1000, "arithmetic": 2 * 2048**3 / min(multiply) * 1000}

    def memory(self, _):
        return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


class Clock:
    def __init__(self):
        self.laps = {}
        synchronize()
        self.started = time.perf_counter()

    def lap(self, name):
        synchronize()
        now = time.perf_counter()
        self.laps[name] = (now - self.started) * 1000
        self.started = now


def main():
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    with torch.inference_mode():
        yardstick = Yardstick()
        for line in sys.stdin:
            request = json.loads(line)
            answer = getattr(yardstick, request["do"])(request)
            print(json.dumps(answer), flush=True)


main()
