"""Times pycocoevalcap on the pairs of a file: pycocoevalcap_scores.py FOLDER PAIRS, FOLDER being the package's own.

Prints one line of JSON, seconds by part; a part whose Java program is missing is left out. Java parts include the start of the machine.
"""

import json
import os
import platform
import sys
import time
import types


def timed(seconds, name, work):
    started = time.perf_counter()
    try:
        result = work()
    except Exception as error:  # a missing jar shows in many ways
        print(f"{name}: {error}", file=sys.stderr)
        return None
    seconds[name] = time.perf_counter() - started
    return result


def main(folder, pairs_file):
    package = types.ModuleType("pycocoevalcap")
    package.__path__ = [os.path.abspath(folder)]
    sys.modules["pycocoevalcap"] = package
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    with open(pairs_file, encoding="utf-8") as file:
        pairs = json.load(file)
    references = {i: [text] for i, text in enumerate(pairs["references"])}
    candidates = {i: [text] for i, text in enumerate(pairs["candidates"])}
    seconds = {}
    scores = {}

    def has_jar(part):
        return any(name.endswith(".jar") for name in os.listdir(os.path.join(folder, part)))

    if has_jar("tokenizer"):
        from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

        def tokenise():
            tokenizer = PTBTokenizer()
            captions = lambda texts: {i: [{"caption": text} for text in each] for i, each in texts.items()}
            return tokenizer.tokenize(captions(references)), tokenizer.tokenize(captions(candidates))

        tokenised = timed(seconds, "tokenise", tokenise)
        if tokenised:
            references, candidates = tokenised
    bleu = timed(seconds, "bleu", lambda: Bleu(4).compute_score(references, candidates, verbose=0))
    rouge = timed(seconds, "rougeL", lambda: Rouge().compute_score(references, candidates))
    cider = timed(seconds, "cider", lambda: Cider().compute_score(references, candidates))
    if bleu and rouge and cider:
        scores = {"bleu4": bleu[0][3], "rougeL": float(rouge[0]), "cider": float(cider[0])}
    if has_jar("meteor"):
        from pycocoevalcap.meteor.meteor import Meteor

        meteor = timed(seconds, "meteor", lambda: Meteor().compute_score(references, candidates))
        if meteor:
            scores["meteor"] = meteor[0]
    import numpy

    version = f"Python {platform.python_version()}, NumPy {numpy.__version__}"
    print(json.dumps({"seconds": seconds, "totals": scores, "version": version}))


main(*sys.argv[1:])
