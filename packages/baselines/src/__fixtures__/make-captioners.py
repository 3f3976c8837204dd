"""Writes captioners.json: logits, loss, gradients and captions of two micro captioners in PyTorch, from the papers' equations.

Run: python make-captioners.py captioners.json
"""
import json
import sys

import torch
from torch import nn
from torch.nn import functional as F

SIDE, PLANES, WIDTH, WORDS, ATTENTION, VOCAB, BATCH, STEPS = 33, [2, 2, 2, 3], 5, 4, 3, 7, 2, 4
CHANNELS = 4 * PLANES[-1]
SCALES = {'imageEncoder': 0.5, 'cellVectors': 0.2, 'imageVector': 0.3}
# Seeds whose captions of the two images differ, end and depend on every part.
SEEDS = {'show-and-tell': 90, 'ada-att': 47}


class Block(nn.Module):
    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = nn.Conv2d(planes, 4 * planes, 1, bias=False), nn.BatchNorm2d(4 * planes)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, 4 * planes, 1, stride, bias=False), nn.BatchNorm2d(4 * planes))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class Trunk(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 2, 7, 2, 3, bias=False), nn.BatchNorm2d(2)
        inputs = 2
        for stage, planes in enumerate(PLANES):
            setattr(self, f'layer{stage + 1}', nn.Sequential(Block(inputs, planes, 1 if stage == 0 else 2)))
            inputs = 4 * planes

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(4):
            x = getattr(self, f'layer{stage + 1}')(x)
        return x


class Captioner(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.imageEncoder = Trunk()
        self.imageVector = nn.Linear(CHANNELS, WORDS)
        self.wordTable = nn.Embedding(VOCAB, WORDS)
        inputs = WORDS * (2 if kind == 'ada-att' else 1)
        self.lstm = nn.LSTMCell(inputs, WIDTH)
        self.head = nn.Linear(WIDTH, VOCAB)
        if kind == 'ada-att':
            self.cellVectors = nn.Linear(CHANNELS, WIDTH)
            self.w_x, self.w_h_gate = nn.Linear(inputs, WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)
            self.w_v, self.w_g = nn.Linear(WIDTH, ATTENTION, bias=False), nn.Linear(WIDTH, ATTENTION, bias=False)
            self.w_s, self.w_score = nn.Linear(WIDTH, ATTENTION, bias=False), nn.Linear(ATTENTION, 1, bias=False)

    def look(self, images):
        features = self.imageEncoder(images)
        pooled = self.imageVector(features.mean((2, 3)))
        zero = torch.zeros(images.shape[0], WIDTH)
        if self.kind == 'show-and-tell':
            return None, self.lstm(pooled, (zero, zero))
        cells = F.relu(self.cellVectors(features.flatten(2).transpose(1, 2)))
        return (F.relu(pooled), cells), (zero, zero)

    def word(self, context, state, ids):
        """One step; the equations of Lu et al. one by one, the context vector of equation 7 before it is mixed in equation 11."""
        x = self.wordTable(ids)
        if self.kind == 'show-and-tell':
            h, m = self.lstm(x, state)
            return self.head(h), (h, m)
        vector, cells = context
        x = torch.cat([x, vector], 1)
        h, m = self.lstm(x, state)
        gate = torch.sigmoid(self.w_x(x) + self.w_h_gate(state[0]))  # 9
        sentinel = gate * torch.tanh(m)  # 10
        z = self.w_score(torch.tanh(self.w_v(cells) + self.w_g(h)[:, None]))[..., 0]  # 6
        c = (torch.softmax(z, 1)[..., None] * cells).sum(1)  # 7, 8
        extended = torch.cat([z, self.w_score(torch.tanh(self.w_s(sentinel) + self.w_g(h)))], 1)
        beta = torch.softmax(extended, 1)[:, -1:]  # 12
        mixed = beta * sentinel + (1 - beta) * c  # 11
        return self.head(mixed + h), (h, m)  # 13

    def logits(self, images, ids):
        context, state = self.look(images)
        steps = []
        for step in range(ids.shape[1]):
            out, state = self.word(context, state, ids[:, step])
            steps.append(out)
        return torch.stack(steps, 1)

    def greedy(self, images, most):
        context, state = self.look(images)
        ids, texts = torch.zeros(images.shape[0], dtype=torch.long), []
        for _ in range(most):
            out, state = self.word(context, state, ids)
            out[:, 1] = -1e9
            ids = out.argmax(1)
            texts.append(ids)
        rows = torch.stack(texts, 1).tolist()
        return [row[: row.index(0)] if 0 in row else row for row in rows]


OURS = {
    'lstm.weight_ih': 'lstm.input.weight', 'lstm.bias_ih': 'lstm.input.bias',
    'lstm.weight_hh': 'lstm.state.weight', 'lstm.bias_hh': 'lstm.state.bias',
    'w_x.weight': 'sentinel.input.weight', 'w_h_gate.weight': 'sentinel.state.weight',
    'w_v.weight': 'attention.cells.weight', 'w_g.weight': 'attention.state.weight',
    'w_s.weight': 'attention.sentinel.weight', 'w_score.weight': 'attention.score.weight',
}
GRADIENTS = ['lstm.state.weight', 'lstm.input.weight', 'wordTable.weight', 'imageVector.weight', 'head.weight',
             'imageEncoder.conv1.weight', 'cellVectors.weight', 'attention.score.weight', 'attention.sentinel.weight', 'sentinel.state.weight']


def flat(tensor, digits=7):
    return [float(f'{value:.{digits}g}') for value in tensor.detach().flatten().tolist()]


def main(path):
    torch.manual_seed(7)
    images = torch.tensor(flat(torch.randn(BATCH * 3 * SIDE * SIDE), 4)).reshape(BATCH, 3, SIDE, SIDE)
    images[1] *= 3
    ids = torch.tensor([[0, 2, 3, 4], [0, 5, 6, 0]])
    following = torch.tensor([[2, 3, 4, 0], [5, 6, 0, 0]])
    mask = torch.tensor([[1.0, 1, 1, 1], [1, 1, 1, 0]])
    cases = {}
    for kind, seed in SEEDS.items():
        torch.manual_seed(seed)
        model = Captioner(kind).eval()
        for name, value in model.named_parameters():
            if 'bn' not in name and 'downsample.1' not in name:
                nn.init.normal_(value, std=SCALES.get(name.split('.')[0], 1.5))
        weights = {OURS.get(name, name): {'shape': list(value.shape), 'data': flat(value)}
                   for name, value in model.state_dict().items() if 'num_batches' not in name}
        for name, value in model.state_dict().items():
            if 'num_batches' not in name:
                value.copy_(torch.tensor(weights[OURS.get(name, name)]['data']).reshape(value.shape))
        logits = model.logits(images, ids)
        losses = F.cross_entropy(logits.transpose(1, 2), following, reduction='none')
        loss = (losses * mask).sum() / mask.sum()
        loss.backward()
        gradients = {OURS.get(name, name): flat(value.grad) for name, value in model.named_parameters()
                     if OURS.get(name, name) in GRADIENTS}
        cases[kind] = {'weights': weights, 'logits': flat(logits), 'loss': loss.item(), 'gradients': gradients,
                       'greedy': model.greedy(images, 6)}
    config = {'imageSize': SIDE, 'stemWidth': 2, 'planes': PLANES, 'blocks': [1, 1, 1, 1], 'embeddingDim': WORDS,
              'width': WIDTH, 'attentionDim': ATTENTION, 'vocabSize': VOCAB, 'maxLength': 6}
    json.dump({'torch': torch.__version__, 'config': config, 'images': flat(images, 5), 'wordIds': ids.flatten().tolist(),
               'nextIds': following.flatten().tolist(), 'mask': mask.flatten().tolist(), 'cases': cases},
              open(path, 'w'), separators=(',', ':'))


main(sys.argv[1])
