"""Thousands of fresh random and real cases: our metrics against scikit-learn, scipy, seqeval, sacrebleu, rouge-score and
pycocoevalcap, and against the official scripts of SQuAD, VQA and CIDEr where ESPALIER_METRIC_SCRIPTS names a folder of them
(tools/oracle/text_references.py). Real texts come from ESPALIER_DATA; pycocoevalcap's tokens need java.

python tools/parity/metrics_parity.py build/release/tests/parity_metrics [--cases 6000] [--texts 6000] [--seed N]
"""
import argparse
import csv
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import unicodedata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
import make_text_metrics as text_cases  # noqa: E402
import text_references  # noqa: E402
from make_metrics import cases  # noqa: E402

SHARES = {"bleu": 0.3, "rouge": 0.3, "cider": 0.05, "language": 0.05, "squad": 0.15, "vqa": 0.15}


def real_sets(folder):
    """Lists of references of one thing each: descriptions of restaurants, answers to questions, captions."""
    sets = {}
    for name in ("devset.csv", "testset_w_refs.csv"):
        with open(folder / "gen/e2e" / name, encoding="utf-8") as file:
            for row in csv.DictReader(file):
                sets.setdefault(("e2e", row["mr" if "mr" in row else "MR"]), []).append(row["ref"])
    for part in ("part1", "part2"):
        for article in json.loads((folder / f"qa/squad/dev-v1.1.{part}.json").read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                sets.setdefault(("context", paragraph["context"][:50]), []).append(paragraph["context"])
                for question in paragraph["qas"]:
                    sets[("qa", question["id"])] = [answer["text"] for answer in question["answers"]] + [question["question"]]
    for row in (folder / "vl/nlvr/dev.tsv").read_text(encoding="utf-8").split("\n"):
        longest = max(row.split("\t"), key=len)
        sets.setdefault(("nlvr", longest), []).append(longest)
    stories = (folder / "lm/tinystories.txt").read_text(encoding="utf-8")
    for i in range(0, 300_000, 600):
        sets[("story", i)] = [stories[i:i + 500], stories[i + 100:i + 600]]
    return list(sets.values())


def real_pairs(sets):
    """As text_cases.pair: a prediction and its references, taken from real texts."""
    def give(rng, *_):
        references = rng.choice(sets)
        source = references if rng.random() < 0.7 else rng.choice(sets)
        prediction = rng.choice(source)
        if rng.random() < 0.7:
            words = prediction.split(" ")
            prediction = " ".join(w for w in words if rng.random() < 0.85)
        others = [r for r in references if r != prediction] or references
        return prediction, others[:4]
    return give


def wrapped(given, want):
    return {**given, "want": {k: v if isinstance(v, list) else [v] for k, v in want.items()}}


def real_cases(folder, seed, count, scripts):
    rng, give = random.Random(f"real {seed}"), real_pairs(real_sets(folder))
    makers = [text_cases.bleu_case, text_cases.rouge_case, text_cases.cider_case]
    if scripts is not None:
        makers += [text_cases.squad_case, text_cases.squad_report_case]
    for i in range(count):
        yield wrapped(*makers[i % len(makers)](rng, scripts, give))


def unicode_cases():
    """Lower case and white space of every code point that Python's tables assign."""
    for first in range(0, 0x110000, 256):
        points = [chr(c) for c in range(first, first + 256) if not 0xD800 <= c < 0xE000]
        text = "".join(c for c in points if unicodedata.category(c) != "Cn")
        if text:
            yield wrapped({"kind": "python", "text": text, "lower": text.lower(), "split": text.split(), "strip": text.strip()},
                          {"same": 1})


def token_cases(folder):
    """Lines on which our tokens have always equalled Stanford's: captions, descriptions and questions."""
    lines = [line for line in (pathlib.Path(text_cases.__file__).parent / "ptb_lines.txt").read_text(encoding="utf-8").split("\n") if line]
    if folder is not None:
        rng = random.Random(1)
        chosen = [s[0] for s in rng.sample(real_sets(folder), 6000)]
        lines += [" ".join(line.split()) for line in chosen if len(line) < 250 and line.isascii()]
    for line, tokens in zip(lines, text_references.ptb_lines(lines)):
        yield wrapped({"kind": "ptb", "line": line, "tokens": tokens}, {"same": 1})


def all_cases(options):
    yield from cases(options.seed, options.cases)
    yield from unicode_cases()
    scripts = os.environ.get("ESPALIER_METRIC_SCRIPTS")
    if scripts:
        scripts = text_references.Scripts(scripts)
    else:
        scripts = None
        print("skipped: SQuAD, VQA and plain CIDEr; ESPALIER_METRIC_SCRIPTS names no folder of the official scripts", flush=True)
    for family, share in SHARES.items():
        if scripts is not None or family not in ("squad", "vqa"):
            yield from text_cases.cases(family, options.seed + 1000, int(options.texts * share), scripts)
    folder = os.environ.get("ESPALIER_DATA")
    folder = pathlib.Path(folder) if folder else None
    if folder is not None:
        yield from real_cases(folder, options.seed, options.texts // 3, scripts)
    else:
        print("skipped: real texts; ESPALIER_DATA is not set", flush=True)
    if shutil.which("java"):
        yield from token_cases(folder)
    else:
        print("skipped: pycocoevalcap's tokens; there is no java", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=6000)
    parser.add_argument("--texts", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"metrics parity: seed {options.seed}", flush=True)
    with subprocess.Popen([options.program], stdin=subprocess.PIPE, text=True, encoding="utf-8") as program:
        for case in all_cases(options):
            program.stdin.write(json.dumps(case) + "\n")
        program.stdin.close()
        return program.wait()


if __name__ == "__main__":
    sys.exit(main())
