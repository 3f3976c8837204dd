"""Writes a small folder of golden cases with a seed, sizes, labels and settings of its own.

Everything is computed here in float64 from the published formulas, with NumPy and nothing of this repository, so that
`npm run parity -- FOLDER` shows both that the packages agree and that the checks take seeds, numbers of regions, sentences and
labels, schedules and optimizer settings from the data.

    pip install numpy safetensors
    python parity/make_folder.py /tmp/golden --seed other-7 --regions 11
    npm run parity -- /tmp/golden
"""

from golden_folder.classifiers import write_classifiers
from golden_folder.contrastive import write_contrastive
from golden_folder.detector import write_detector
from golden_folder.language import write_language
from golden_folder.optimizers import write_optimizers
from golden_folder.reports import write_reports
from golden_folder.use import write_use
from golden_folder.weights import write_weights

weights = write_weights()
detector = write_detector(weights)
write_classifiers(weights)
language = write_language(weights)
write_reports(weights, detector, language)
write_contrastive()
write_use()
write_optimizers()
