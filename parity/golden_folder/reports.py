"""Pixels to token ids."""

import numpy as np

from golden_folder.cases import write_case
from golden_folder.classifiers import classify
from golden_folder.detector import detect
from golden_folder.language import beam_search, greedy, padded
from golden_folder.settings import CONFIG, IMAGE, RANDOM, REGIONS
from golden_folder.values import stored


def write_reports(weights, detector, language):
    images = stored(RANDOM.normal(size=(4, 1, IMAGE, IMAGE)))
    found = detect(detector, images, (1000, 1000, 0.7))
    logits = classify(weights, "selection", found["region_features"])
    selected = (logits > -1) & found["class_detected"]
    rows = found["region_features"][selected]
    some = rows[: max(1, len(rows) - 2)]
    beams = [beam_search(language, feature, 2, 9) for feature in some]
    write_case(
        f"e2e/{CONFIG}.generate", {"config": CONFIG}, {"images": images},
        found | {"selection_logits": logits, "selected_regions": selected,
                 "beams1.max7.output_ids": padded([greedy(language, feature, 7) for feature in rows]),
                 "beams2.max9.output_ids": padded([tokens for tokens, _ in beams]),
                 "beams2.sequence_scores": np.array([score for _, score in beams])},
    )
    print(f"{int(selected.sum())} sentences of {REGIONS * len(images)} regions, {len(some)} of them by two beams")
