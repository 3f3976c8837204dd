"""PyTorch yardstick of the training step: one line of JSON in, one out.

Usage: train_step.py MODEL WEIGHTS.safetensors BATCH.safetensors [--device cuda]
Requests: {"do": "info"}, {"do": "step"}.
"""

import json
import os
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

from torch_info import DEVICE, info, synchronize

DTYPES = {"F32": numpy.float32, "I32": numpy.int32}


def read_safetensors(path):
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        array = numpy.frombuffer(data[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy()).to(DEVICE)
    return tensors


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        return functional.relu(self.bn2(self.conv2(y)) + shortcut, inplace=True)


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        widths = [64, 64, 128, 256, 512]
        for stage in range(4):
            stride = 1 if stage == 0 else 2
            blocks = nn.Sequential(
                BasicBlock(widths[stage], widths[stage + 1], stride), BasicBlock(widths[stage + 1], widths[stage + 1], 1)
            )
            setattr(self, f"layer{stage + 1}", blocks)
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        x = functional.max_pool2d(x, 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def gelu_tanh(x):
    return functional.gelu(x, approximate="tanh")


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x, mask):
        batch, length, width = x.shape
        size = width // self.heads
        q, k, v = self.qkv(self.norm1(x)).reshape(batch, length, 3, self.heads, size).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-1, -2) * size**-0.5 + mask).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, length, width)
        x = x + self.out(mixed)
        return x + self.down(gelu_tanh(self.up(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, length, width=256, heads=4, layers=4, vocabulary=1000):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(length, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary)
        self.mask = torch.triu(torch.full((length, length), -1e4), 1)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions.weight
        for layer in self.layers:
            x = layer(x, self.mask)
        return self.head(self.norm(x)).flatten(0, 1)


def matmul_gflops(size=1024):
    """Speed of a float32 matrix product: it shows which BLAS this PyTorch has."""
    a = torch.randn(size, size)
    a[:64] @ a
    synchronize()
    started = time.perf_counter()
    a @ a
    synchronize()
    return 2 * size**3 / (time.perf_counter() - started) / 1e9


def main():
    name, weights_path, batch_path = sys.argv[1:4]
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    batch = read_safetensors(batch_path)
    x, y = batch["x"], batch["y"].flatten().long()
    x = x if x.is_floating_point() else x.long()
    model = ResNet18() if name == "resnet18" else Transformer(x.shape[1])
    missing = model.load_state_dict(read_safetensors(weights_path), strict=False)
    unexpected = list(missing.unexpected_keys) + [key for key in missing.missing_keys if not key.endswith("num_batches_tracked")]
    if unexpected:
        raise SystemExit(f"weights do not fit: {unexpected}")
    if "--channels-last" in sys.argv and name == "resnet18":
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, foreach="--foreach" in sys.argv)

    def step():
        synchronize()
        started = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        synchronize()
        return {"ms": (time.perf_counter() - started) * 1000, "loss": loss.item()}

    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "step":
            answer = step()
        else:
            answer = {**info(), "matmulGflops": matmul_gflops()}
        print(json.dumps(answer), flush=True)


main()
