"""Loads what `crrg models export` wrote into PyTorch modules with the reference programs' names, strictly, and compares their outputs.

    npx tsx --conditions=@crrg/source parity/src/checkpoints/export-cases.ts --out FOLDER
    python parity/check_export.py FOLDER

Needs torch, torchvision, transformers and safetensors; with onnxruntime the exported ONNX models are run too. The trunk is of torchvision's blocks,
the heads are torchvision's detection heads, the language models GPT-2 and BERT of transformers; only what RGRG and CXR-CLIP add is written here,
from docs/reference. Prints a line a comparison; exit code 1 where one is above its limit.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.rpn import RPNHead
from torchvision.models.resnet import Bottleneck
from torchvision.ops import roi_align
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel
from transformers.pytorch_utils import Conv1D

# Largest difference over the largest value: float32 sums in another order.
LIMIT = 2e-5
counts = {"passed": 0, "failed": 0}


def report(name, error, limit):
    ok = error <= limit
    counts["passed" if ok else "failed"] += 1
    print(f"{'ok  ' if ok else 'FAIL'} {name}  {error:.2e} (limit {limit:.0e})")


def compare(name, found, expected):
    found, expected = torch.as_tensor(found), torch.as_tensor(expected)
    if expected.dtype in (torch.bool, torch.int32, torch.int64):
        report(name, float((found.to(torch.int64) != expected.to(torch.int64)).sum()), 0)
    else:
        assert found.shape == expected.shape, (name, found.shape, expected.shape)
        report(name, ((found - expected).abs().max() / expected.abs().max()).item(), LIMIT)


class Sides(dict):
    """Tensors of one network: `cases["text-encoder"].given("tokenIds")`."""

    def given(self, name):
        return self[f"in.{name}"]

    def expected(self, name):
        return self[f"out.{name}"]


def read_cases(file):
    networks = {}
    for name, tensor in load_file(file).items():
        network, rest = name.split(".", 1)
        networks.setdefault(network, Sides())[rest] = tensor
    return networks


class Trunk(nn.Module):
    """torchvision's ResNet of any size, without its classifier."""

    def __init__(self, config, channels):
        super().__init__()
        width = config["stemWidth"]
        self.conv1 = nn.Conv2d(channels, width, 7, 2, 3, bias=False)
        self.bn1, self.relu, self.maxpool = nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        for stage, (planes, count) in enumerate(zip(config["planes"], config["blocks"])):
            blocks = []
            for block in range(count):
                stride = 2 if block == 0 and stage > 0 else 1
                shortcut = nn.Sequential(nn.Conv2d(width, 4 * planes, 1, stride, bias=False), nn.BatchNorm2d(4 * planes))
                blocks.append(Bottleneck(width, planes, stride, shortcut if block == 0 else None))
                width = 4 * planes
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.features = width

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


# RGRG


class Detector(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        trunk = Trunk(config, 1)
        features = trunk.features
        self.backbone = nn.Sequential(
            trunk.conv1, trunk.bn1, trunk.relu, trunk.maxpool, trunk.layer1, trunk.layer2, trunk.layer3, trunk.layer4
        )
        self.anchors = len(config["anchors"]["sizes"]) * len(config["anchors"]["ratios"])
        self.rpn = nn.Module()
        self.rpn.head = RPNHead(features, self.anchors)
        bins, width, classes = config["roi"]["outputSize"], config["representationSize"], config["numRegions"] + 1
        self.roi_heads = nn.Module()
        self.roi_heads.box_head = TwoMLPHead(features * bins * bins, width)
        self.roi_heads.box_predictor = FastRCNNPredictor(width, classes)
        self.roi_heads.dim_reduction = nn.Linear(features, config["regionFeatureDim"])

    def first_stage(self, image):
        features = self.backbone(image)
        (objectness,), (deltas,) = self.rpn.head([features])
        batch, _, height, width = deltas.shape
        deltas = deltas.reshape(batch, self.anchors, 4, height, width).permute(0, 3, 4, 1, 2).reshape(batch, -1, 4)
        return features, objectness.permute(0, 2, 3, 1).reshape(batch, -1), deltas

    def top_regions(self, features, boxes):
        roi = self.config["roi"]
        aligned = roi_align(features, [boxes], roi["outputSize"], 1 / 32, roi["samplingRatio"], aligned=False)
        logits, deltas = self.roi_heads.box_predictor(self.roi_heads.box_head(aligned))
        scores = logits.softmax(-1)[:, 1:]
        # A box counts for the region that it prefers, and for no other.
        winner = torch.zeros_like(scores).scatter(1, scores.argmax(1, keepdim=True), 1)
        best, indices = (scores * winner).max(0)
        found = winner.sum(0) > 0
        rows = torch.where(found, indices, 0)
        regions = torch.arange(len(rows))
        own = deltas.reshape(len(deltas), -1, 4)[rows, regions + 1]
        return {
            "isDetected": found,
            "scores": torch.where(found, best, 0.0),
            "indices": rows,
            "boxDeltas": own,
            "regionFeatures": self.roi_heads.dim_reduction(aligned.mean((2, 3)))[rows],
        }


class RegionClassifier(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.classifier = nn.Sequential(
            nn.Linear(width, hidden[0]), nn.ReLU(), nn.Linear(hidden[0], hidden[1]), nn.ReLU(), nn.Linear(hidden[1], 1)
        )
        self.loss_fn = nn.BCEWithLogitsLoss(pos_weight=torch.ones(1))


class PseudoAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, positions = config["width"], config["numPositions"]
        self.heads = config["numHeads"]
        self.c_attn, self.c_proj = Conv1D(3 * width, width), Conv1D(width, width)
        self.uk, self.uv = nn.Linear(width, width), nn.Linear(width, width)
        self.register_buffer("causal_mask", torch.zeros(1, 1, positions, positions, dtype=torch.uint8))
        self.register_buffer("mask_out_value", torch.zeros(()))

    def split(self, x):
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(self, x, image, padding):
        query, key, value = self.c_attn(x).chunk(3, -1)
        key = self.split(torch.cat([self.uk(image)[:, None], key], 1))
        value = self.split(torch.cat([self.uv(image)[:, None], value], 1))
        scores = self.split(query) @ key.transpose(-1, -2) / value.shape[-1] ** 0.5
        seen = self.causal_mask[:, :, 1 : key.shape[2], : key.shape[2]].bool()
        scores = torch.where(seen, scores, self.mask_out_value) + padding
        mixed = scores.softmax(-1) @ value
        return self.c_proj(mixed.transpose(1, 2).reshape(x.shape))


class LanguageModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gpt_with_lm_head = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=config["vocabSize"], n_positions=config["numPositions"], n_embd=config["width"],
                n_layer=config["numLayers"], n_head=config["numHeads"], n_inner=config["ffnWidth"],
                layer_norm_epsilon=config["layerNormEpsilon"], bos_token_id=0, eos_token_id=0,
            )
        )
        for block in self.gpt_with_lm_head.transformer.h:
            block.attn = PseudoAttention(config)
        self.gpt = self.gpt_with_lm_head.transformer
        self.lm_head = self.gpt_with_lm_head.lm_head
        self.wte, self.wpe, self.final_layernorm = self.gpt.wte, self.gpt.wpe, self.gpt.ln_f
        self.gpt2_blocks = nn.ModuleList(nn.ModuleList(block.children()) for block in self.gpt.h)
        width, features = config["width"], config["regionFeatureDim"]
        self.feature_space_transformation_nn = nn.Sequential(
            nn.Linear(features, width), nn.ReLU(), nn.Linear(width, width)
        )

    def forward(self, ids, mask, features):
        image = self.feature_space_transformation_nn(features)
        padding = torch.cat([torch.zeros(len(ids), 1), (1 - mask) * -10000], 1)[:, None, None]
        x = self.wte(ids) + self.wte(torch.arange(ids.shape[1]))
        for norm1, attention, norm2, mlp in self.gpt2_blocks:
            x = x + attention(norm1(x), image, padding)
            x = x + mlp(norm2(x))
        return self.lm_head(self.final_layernorm(x))


class ReportGenerationModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        selector = config["regionSelector"]
        self.object_detector = Detector(config["detector"])
        self.binary_classifier_region_selection = RegionClassifier(selector["inputDim"], selector["hidden"])
        self.binary_classifier_region_abnormal = RegionClassifier(selector["inputDim"], selector["hidden"])
        self.language_model = LanguageModel(config["reportGen"])


def check_rgrg(folder, config):
    checkpoint = torch.load(folder / "rrg.pt", weights_only=True)
    model = ReportGenerationModel(config)
    print(f"rgrg: {len(checkpoint['model'])} entries loaded strictly: {model.load_state_dict(checkpoint['model'])}")
    model.eval()
    cases = read_cases(folder / "rrg.safetensors")
    backbone, regions, selector, language = (
        cases[name] for name in ("detector-backbone", "detector-regions", "region-selector", "language")
    )
    names = "features", "objectness", "boxDeltas"
    for name, found in zip(names, model.object_detector.first_stage(backbone.given("image"))):
        compare(f"rgrg detector {name}", found, backbone.expected(name))
    chosen = regions.given("features")[regions.given("image").long()]
    for name, found in model.object_detector.top_regions(chosen, regions.given("boxes")[0]).items():
        expected = regions.expected(name)
        compare(f"rgrg regions {name}", found.reshape(expected.shape), expected)
    features = selector.given("regionFeatures")
    for theirs, ours in (("selection", "selectionLogits"), ("abnormal", "abnormalityLogits")):
        classifier = getattr(model, f"binary_classifier_region_{theirs}").classifier
        compare(f"rgrg {theirs}", classifier(features).flatten(), selector.expected(ours))
    logits = model.language_model(
        language.given("tokenIds").long(), language.given("attentionMask"), language.given("regionFeatures")
    )
    compare("rgrg language model logits", logits, language.expected("logits"))


# CXR-CLIP


class ImageEncoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.resnet = Trunk(config, 3)

    def forward(self, x):
        return self.resnet(x)


class Projection(nn.Module):
    def __init__(self, inputs, outputs, kind):
        super().__init__()
        self.projection = nn.Linear(inputs, outputs)
        if kind == "mlp":
            self.fc, self.layer_norm = nn.Linear(outputs, outputs), nn.LayerNorm(outputs)

    def forward(self, x):
        x = self.projection(x)
        if hasattr(self, "fc"):
            x = self.layer_norm(self.fc(nn.functional.gelu(x)) + x)
        return nn.functional.normalize(x, dim=1)


class TextEncoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.pooling = config["pooling"]
        self.text_encoder = BertModel(
            BertConfig(
                vocab_size=config["vocabSize"], hidden_size=config["width"], num_hidden_layers=config["numLayers"],
                num_attention_heads=config["numHeads"], intermediate_size=config["ffnWidth"],
                max_position_embeddings=config["numPositions"], type_vocab_size=config["numTokenTypes"],
                layer_norm_eps=config["layerNormEpsilon"],
            )
        )

    def forward(self, ids, mask):
        hidden = self.text_encoder(input_ids=ids, attention_mask=mask)["last_hidden_state"]
        if self.pooling == "mean":
            return (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        last = mask.sum(1).long() - 1 if self.pooling == "eos" else torch.zeros(len(ids), dtype=torch.long)
        return hidden[torch.arange(len(ids)), last]


class Clip(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.image_encoder = ImageEncoder(config["imageEncoder"])
        self.text_encoder = TextEncoder(config["textEncoder"])
        width, kind = config["embeddingDim"], config["projection"]
        self.image_projection = Projection(self.image_encoder.resnet.features, width, kind)
        self.text_projection = Projection(config["textEncoder"]["width"], width, kind)
        self.logit_scale = nn.Parameter(torch.zeros(()))


class Probe(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.image_encoder = ImageEncoder(config["imageEncoder"])
        self.classifier = nn.Module()
        outputs = len(config["probe"]["labels"])
        self.classifier.classification_head = nn.Linear(self.image_encoder.resnet.features, outputs)


def check_cxr_clip(folder, config):
    checkpoint = torch.load(folder / "rclip.tar", weights_only=True)
    model = Clip(config)
    print(f"cxr-clip: {len(checkpoint['model'])} entries loaded strictly: {model.load_state_dict(checkpoint['model'])}")
    model.eval()
    cases = read_cases(folder / "rclip.safetensors")
    image, text = cases["image-encoder"], cases["text-encoder"]
    features = model.image_encoder(image.given("images"))
    compare("cxr-clip image features", features, image.expected("features"))
    compare("cxr-clip image embeddings", model.image_projection(features), image.expected("embeddings"))
    texts = model.text_encoder(text.given("tokenIds").long(), text.given("attentionMask"))
    compare("cxr-clip text embeddings", model.text_projection(texts), text.expected("embeddings"))
    assert checkpoint["config"]["model"]["image_encoder"]["name"] == "resnet", checkpoint["config"]

    if config["probe"] is None:
        return
    probe = torch.load(folder / "probe.tar", weights_only=True)
    classifier = Probe(config)
    print(f"probe: {len(probe['model'])} entries loaded strictly: {classifier.load_state_dict(probe['model'])}")
    classifier.eval()
    logits = classifier.classifier.classification_head(classifier.image_encoder(image.given("images")))
    compare("cxr-clip probe logits", logits, image.expected("logits"))


# ONNX


def check_onnx(folder, name):
    import onnxruntime

    cases = read_cases(folder / f"{name}.safetensors")
    description = json.loads((folder / f"{name}-onnx" / "export.json").read_text())
    for network in description["networks"]:
        session = onnxruntime.InferenceSession(folder / f"{name}-onnx" / network["file"])
        assert [each.name for each in session.get_inputs()] == [each["name"] for each in network["inputs"]]
        case = cases.get(network["file"].removesuffix(".onnx"))
        if case is None:
            print(f"     onnx {network['file']} loads")
            continue
        feeds = {each["name"]: case.given(each["name"]).numpy() for each in network["inputs"]}
        for output, found in zip(network["outputs"], session.run(None, feeds)):
            compare(f"onnx {network['file']} {output['name']}", found, case.expected(output["name"]))


def check_generator(folder, config):
    """The cached networks give the same likeliest tokens as the whole language model, token by token."""
    import numpy as np
    import onnxruntime

    case = read_cases(folder / "rrg.safetensors")["language"]
    ids, features = case.given("tokenIds").numpy()[:1], case.given("regionFeatures").numpy()[:1]
    logits = case.expected("logits")[:1].log_softmax(-1)
    prefill, step = (
        onnxruntime.InferenceSession(folder / "rrg-onnx" / f"generator-{name}.onnx") for name in ("prefill", "step")
    )
    names = [each.name for each in prefill.get_outputs()]
    cache = dict(zip(names, prefill.run(None, {"regionFeatures": features})))
    outputs = [each.name for each in step.get_outputs()]
    worst = 0.0
    for position in range(5):
        # One past column that is seen, one recent copy of it that is hidden, then the tokens so far and this one.
        visibility = np.array([[[0, -10000] + [0] * (position + 1)]], np.float32)
        found = dict(zip(outputs, step.run(outputs, {
            "tokenIds": ids[:, position : position + 1], "positionId": np.array([[position]], np.int32),
            "visibility": visibility, **cache,
        })))
        expected, order = logits[0, position].topk(found["candidateIds"].shape[-1])
        worst = max(worst, float(np.abs(found["candidateLogProbs"][0, 0] - expected.numpy()).max()))
        cache.update({name: found[f"{name}.out"] for name in cache if name.startswith("recent")})
    report("onnx generator, 5 tokens with a cache against the whole network", worst, 1e-4)


def main():
    torch.manual_seed(0)
    folder = Path(sys.argv[1])
    configs = json.loads((folder / "configs.json").read_text())
    with torch.inference_mode():
        check_rgrg(folder, configs["rrg"])
        check_cxr_clip(folder, configs["rclip"])
        if importlib.util.find_spec("onnxruntime"):
            check_onnx(folder, "rrg")
            check_onnx(folder, "rclip")
            check_generator(folder, configs["rrg"])
        else:
            print("onnxruntime is not installed: ONNX not checked")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] else 0)


main()
