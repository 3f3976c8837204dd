"""PyTorch yardstick of full-size training steps: random weights and data, float32, eager. One line of JSON in, one out.

Usage: training.py STAGE BATCH [MICRO], where STAGE is detector, classifiers, full or rclip, and MICRO the studies of R-CLIP that are in memory
at a time: embedded without gradients, then again with those of the loss in the embeddings (gradient cache).
Requests: {"do": "info"}, {"do": "step"}, {"do": "memory"}.

The detector is torchvision's Faster R-CNN with the paper's sizes; the sentences come from a GPT-2 medium whose layers see one extra key and value of
the image, and whose own weights do not learn; R-CLIP is torchvision's ResNet-50 and the BERT of transformers.
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
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator

from torch_info import info

REGIONS, SIZE, PHRASES, TOKENS, REPORT_TOKENS = 29, 512, 9, 24, 256
WIDTH, HEADS, LAYERS, VOCABULARY = 1024, 16, 24, 50257


def detector():
    net = torchvision.models.resnet50(weights=None)
    net.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    trunk = nn.Sequential(*list(net.children())[:-2])
    trunk.out_channels = 2048
    sizes = ((20, 40, 60, 80, 100, 120, 140, 160, 180, 300),)
    ratios = ((0.2, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.3, 1.5, 2.1, 2.6, 3.0, 5.0, 8.0),)
    return FasterRCNN(
        trunk,
        num_classes=REGIONS + 1,
        min_size=SIZE,
        max_size=SIZE,
        image_mean=[0.0],
        image_std=[1.0],
        rpn_anchor_generator=AnchorGenerator(sizes, ratios),
        box_roi_pool=torchvision.ops.MultiScaleRoIAlign(["0"], 8, 2),
    )


def mlp():
    return nn.Sequential(nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 1))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.image_key, self.image_value = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x, image, mask):
        rows, length, _ = x.shape
        split = lambda t: t.reshape(rows, -1, HEADS, WIDTH // HEADS).transpose(1, 2)
        query, key, value = (split(part) for part in self.qkv(x).chunk(3, -1))
        key = torch.cat([split(self.image_key(image)), key], 2)
        value = torch.cat([split(self.image_value(image)), value], 2)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out(mixed.transpose(1, 2).reshape(rows, length, WIDTH))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2, self.attention = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH), Attention()
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x, image, mask):
        x = x + self.attention(self.norm1(x), image, mask)
        return x + self.down(functional.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.layers, self.norm = nn.ModuleList(Layer() for _ in range(LAYERS)), nn.LayerNorm(WIDTH)
        self.features = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH))
        for name, parameter in self.named_parameters():
            parameter.requires_grad = name.startswith("features") or ".image_" in name

    def forward(self, ids, features):
        length = ids.shape[1]
        mask = torch.cat([torch.ones(length, 1), torch.ones(length, length).tril()], 1).bool()
        image = self.features(features)
        x = functional.dropout(self.tokens(ids) + self.tokens.weight[:length], 0.1)
        for layer in self.layers:
            x = layer(x, image, mask)
        logits = functional.linear(self.norm(x), self.tokens.weight)
        return functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


class Rrg(nn.Module):
    def __init__(self, stage, batch):
        super().__init__()
        self.stage, self.batch = stage, batch
        self.detector = detector()
        if stage != "detector":
            self.reduce, self.selection, self.abnormality = nn.Linear(2048, 1024), mlp(), mlp()
        if stage == "full":
            self.generator = Generator()

    def forward(self):
        images = [torch.rand(1, SIZE, SIZE) * 2 - 1 for _ in range(self.batch)]
        corners = torch.rand(REGIONS, 2) * SIZE * 0.7
        boxes = torch.cat([corners, corners + 30 + torch.rand(REGIONS, 2) * SIZE * 0.2], 1)
        targets = [{"boxes": boxes, "labels": torch.arange(REGIONS) + 1} for _ in range(self.batch)]
        pooled = []
        hook = self.detector.roi_heads.box_roi_pool.register_forward_hook(lambda _, __, out: pooled.append(out))
        loss = sum(self.detector(images, targets).values())
        hook.remove()
        if self.stage == "detector":
            return loss
        features = self.reduce(pooled[0].mean((2, 3))[: REGIONS * self.batch])
        target = (torch.arange(len(features)) % 3 == 0).float()
        for head in (self.selection, self.abnormality):
            loss = loss + 5 * functional.binary_cross_entropy_with_logits(head(features)[:, 0], target)
        if self.stage == "classifiers":
            return loss
        ids = torch.randint(0, VOCABULARY, (PHRASES * self.batch, TOKENS))
        return loss + 2 * self.generator(ids, features[: len(ids)])

    def backward(self, _):
        loss = self()
        loss.backward()
        return loss


class Rclip(nn.Module):
    def __init__(self, batch):
        super().__init__()
        from transformers import BertConfig, BertModel

        self.batch = batch
        self.image = torchvision.models.resnet50(weights=None)
        self.image.fc = nn.Identity()
        self.text = BertModel(BertConfig(vocab_size=28996), add_pooling_layer=False)
        self.project_image, self.project_text = nn.Linear(2048, 512), nn.Linear(768, 512)

    def data(self):
        films = [torch.rand(self.batch, 3, 224, 224) for _ in range(2)]
        return [*films, *(torch.randint(1, 28996, (self.batch, REPORT_TOKENS)) for _ in range(2))]

    def embed(self, *data):
        image = lambda films: functional.normalize(self.project_image(self.image(films)), dim=1)
        text = lambda ids: functional.normalize(self.project_text(self.text(ids).last_hidden_state[:, 0]), dim=1)
        return [*map(image, data[:2]), *map(text, data[2:])]

    def compare(self, *embeddings):
        images, texts, target = embeddings[:2], embeddings[2:], torch.arange(self.batch)

        def contrast(a, b):
            logits = a @ b.T / 0.07
            return (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)) / 2

        loss = sum(contrast(i, t) for i in images for t in texts) / 4
        return loss + contrast(*images) + 0.5 * contrast(*texts)

    def backward(self, micro):
        data = self.data()
        if micro == self.batch:
            loss = self.compare(*self.embed(*data))
            loss.backward()
            return loss
        parts, states, kept = list(zip(*(each.split(micro) for each in data))), [], []
        with torch.no_grad():
            for part in parts:
                states.append(torch.get_rng_state())
                kept.append(self.embed(*part))
        embeddings = [torch.cat(each).requires_grad_() for each in zip(*kept)]
        loss = self.compare(*embeddings)
        loss.backward()
        slopes = zip(*(each.grad.split(micro) for each in embeddings))
        for part, state, slope in zip(parts, states, slopes):
            torch.set_rng_state(state)
            torch.autograd.backward(self.embed(*part), slope)
        return loss


def main():
    stage, batch = sys.argv[1], int(sys.argv[2])
    micro = int(sys.argv[3]) if len(sys.argv) > 3 else batch
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    model = (Rclip(batch) if stage == "rclip" else Rrg(stage, batch)).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5)
    for line in sys.stdin:
        request = json.loads(line)["do"]
        if request == "info":
            answer = info()
        elif request == "memory":
            answer = {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        else:
            started = time.perf_counter()
            optimizer.zero_grad()
            loss = model.backward(micro)
            optimizer.step()
            answer = {"ms": (time.perf_counter() - started) * 1000, "loss": loss.item()}
        print(json.dumps(answer), flush=True)


main()
