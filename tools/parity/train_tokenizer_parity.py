"""Holds vocabularies that we learn against the `tokenizers` library's trainers: every token's id and every merge, and what
transformers and the library make of the written folders.

  python tools/parity/train_tokenizer_parity.py build/release/tests/parity_train_tokenizer [--data "$ESPALIER_DATA"] [--speed]

Texts: generated ones, and below a data folder lm/*.txt. How the library is made to number WordPiece's characters as we do:
tools/oracle/vocabulary_references.py.
--speed: the texts of the data folder as one, the library on one thread, seconds of the processor side by side.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
from tokenizers import Tokenizer  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
from torture_lines import torture_lines  # noqa: E402
from vocabulary_references import generated, train  # noqa: E402


def ours(program, kind, folder, texts, size, least, lowercase=True, limit=0):
    data = b"".join(len(b).to_bytes(4, "little") + b for b in (t.encode() for t in texts))
    arguments = [program, kind, folder, str(size), str(least), str(int(lowercase)), str(limit)]
    done = subprocess.run(arguments, input=data, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(arguments)}: {done.stderr.decode().strip()}")
    return float(done.stdout)


def compare(program, name, kind, texts, scratch, **settings):
    import transformers

    folder = Path(scratch, f"{kind}-{len(list(Path(scratch).iterdir()))}")
    ours(program, kind, str(folder), texts, **settings)
    vocabulary, merges, _ = train(kind, texts, **settings)
    written = json.loads((folder / "tokenizer.json").read_text())["model"]
    wrong = []
    if written["vocab"] != vocabulary:
        differ = [t for t in written["vocab"].keys() | vocabulary.keys() if written["vocab"].get(t) != vocabulary.get(t)]
        wrong.append(f"{len(differ)} tokens differ, such as {sorted(differ, key=lambda t: vocabulary.get(t, 1 << 30))[:5]}")
    if kind != "wordpiece" and written["merges"] != merges:
        at = next((i for i, pair in enumerate(zip(written["merges"], merges)) if pair[0] != pair[1]), min(len(merges), len(written["merges"])))
        wrong.append(f"merges differ from {at} of {len(merges)}: ours {written['merges'][at:at+2]}, theirs {merges[at:at+2]}")
    # The folder as transformers reads it, against the file alone.
    sample = [t for t in texts if t.strip()][:200] + ["", "A text (of no corpus): naïve? 12,345 <mask> [MASK] <extra_id_0> x"]
    alone = Tokenizer.from_file(str(folder / "tokenizer.json"))
    loaded = transformers.AutoTokenizer.from_pretrained(str(folder))
    ids = [alone.encode(t).ids for t in sample]
    if loaded(sample)["input_ids"] != ids:
        wrong.append("transformers reads other ids than the library")
    reader = Path(program).with_name("parity_tokenize")
    if reader.exists():
        import numpy as np

        data = b"".join(len(b).to_bytes(4, "little") + b for b in (t.encode() for t in sample))
        numbers, at = np.frombuffer(subprocess.run([reader, folder], input=data, capture_output=True, check=True).stdout, np.int32), 0
        for text, expected in zip(sample, ids):
            n = int(numbers[at])
            if numbers[at + 1 : at + 1 + n].tolist() != expected:
                wrong.append(f"our reader gives other ids for {text[:40]!r}")
                break
            at += 1 + 4 * n
            at += 1 + (int(numbers[at]) + 3) // 4
    print(f"{name} {kind} {settings}: {len(vocabulary):,} tokens, {'equal' if not wrong else '; '.join(wrong)}", flush=True)
    return len(wrong)


def speed(program, files, scratch):
    texts = [line for file in files for line in file.read_text(errors="replace").splitlines(keepends=True)]
    print(f"{len(texts):,} lines, {sum(map(len, texts)) / 1e6:.1f} M characters\n\n| kind | size | ours, s | library, s | ratio |\n|---|---|---|---|---|")
    slower = 0
    for kind, size in [("wordpiece", 8000), ("wordpiece", 30000), ("gpt2", 8000), ("gpt2", 30000)]:
        a = min(ours(program, kind, str(Path(scratch, "s")), texts, size, 2) for _ in range(3))
        b = min(train(kind, texts, size, 2, ordered=False)[2] for _ in range(3))
        print(f"| {kind} | {size:,} | {a:.2f} | {b:.2f} | {b / a:.1f} |", flush=True)
        slower += b < a
    return slower


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--data", default=os.environ.get("ESPALIER_DATA"))
    parser.add_argument("--speed", action="store_true")
    args = parser.parse_args()
    files = sorted(Path(args.data, "lm").glob("*.txt")) if args.data else []
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        if args.speed:
            sys.exit(1 if speed(args.program, files, scratch) else 0)
        sets = [(f"generated {seed}", generated(seed)) for seed in range(8)]
        sets.append(("torture", torture_lines(random.Random(1), 2000)))
        sets += [(file.name, file.read_text(errors="replace")[:3_000_000].splitlines(keepends=True)) for file in files]
        for name, texts in sets:
            small = name.startswith("generated")
            for least in (1, 2) if small else (2,):
                for kind in ("gpt2", "roberta", "t5"):
                    if kind == "gpt2" or small or (files and name == files[0].name):
                        wrong += compare(args.program, name, kind, texts, scratch, size=500 if small else 5000, least=least)
                for lowercase in (True, False) if name != "torture" else ():  # of 180,000 characters
                    wrong += compare(
                        args.program, name, "wordpiece", texts, scratch, size=250 if small else 5000, least=least, lowercase=lowercase
                    )
        wrong += compare(args.program, "few characters", "wordpiece", generated(0), scratch, size=250, least=2, limit=6)
        if not files:
            print("no data (--data or ESPALIER_DATA): generated texts only")
    print(f"{wrong} differences")
    sys.exit(1 if wrong else 0)


main()
