"""Holds our tokeniser against the `tokenizers` library: ids, offsets and word indices of every distinct line of every text
file below a data folder, and of lines that torture Unicode.

  python tools/parity/tokenizers_parity.py build/release/tests/parity_tokenize --data "$ESPALIER_DATA" [--model FOLDER] [--full]

The first tokenizer (that of the model, else of the data) sees every line; the further ones of the data, and vocab.txt with
four settings, every 32nd line (with --full: every line); the tiny ones of tests/oracle/wordpiece the torture lines.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

os.environ["TOKENIZERS_PARALLELISM"] = "true"  # the library needs minutes otherwise
from tokenizers import Tokenizer  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
from torture_lines import torture_lines  # noqa: E402

TEXT = {".tsv", ".txt", ".csv", ".json", ".jsonl", ".conll", ".md"}
BATCH = 20000


def data_lines(folder):
    """Distinct lines; JSON files give the texts inside them, however deep."""
    seen = set()

    def walk(value):
        if isinstance(value, str):
            seen.update(value.split("\n"))
        elif isinstance(value, dict):
            for key, item in value.items():
                seen.add(key)
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    files = 0
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix not in TEXT or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        files += 1
        if path.suffix == ".json":
            try:
                walk(json.loads(text))
                continue
            except ValueError:
                pass
        seen.update(text.split("\n"))
    return files, sorted(seen)


def byte_starts(text):
    """Where each character starts, in bytes, and the end."""
    sizes = np.fromiter((1 if c < "\x80" else 2 if c < "\u0800" else 3 if c < "\U00010000" else 4 for c in text), np.int64, len(text))
    return np.concatenate([[0], np.cumsum(sizes)])


def expected_of(encoding, text):
    offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
    if not text.isascii():
        offsets = byte_starts(text)[offsets]
    words = [-1 if w is None else w for w in encoding.word_ids]
    return np.concatenate([encoding.ids, offsets[:, 0], offsets[:, 1], words]).astype(np.int32)


def run(program, folder, lines):
    """Our tokens of all lines; a thread feeds the program while we read."""
    process = subprocess.Popen([program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def feed():
        for line in lines:
            data = line.encode("utf-8")
            process.stdin.write(len(data).to_bytes(4, "little") + data)
        process.stdin.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    out = np.frombuffer(process.stdout.read(), np.int32)
    feeder.join()
    note = process.stderr.read().decode().strip()
    if process.wait() != 0:
        raise SystemExit(f"{program} {folder}: {note}")
    return out, note


def compare(name, program, folder, library, lines):
    library.no_padding()
    library.no_truncation()
    ours, note = run(program, folder, lines)
    at, wrong, tokens, spent = 0, 0, 0, 0.0
    for begin in range(0, len(lines), BATCH):
        batch = lines[begin : begin + BATCH]
        start = time.perf_counter()
        encodings = library.encode_batch(batch)
        spent += time.perf_counter() - start
        for line, encoding in zip(batch, encodings):
            expected = expected_of(encoding, line)
            n = int(ours[at])
            found = ours[at + 1 : at + 1 + 4 * n]
            at += 1 + 4 * n
            tokens += n
            if np.array_equal(expected, found):
                continue
            wrong += 1
            if wrong <= 5:
                show(library, line, expected.reshape(4, -1).T, found.reshape(4, -1).T)
    print(f"{name}: {len(lines):,} lines, {tokens:,} tokens, {wrong} lines differ")
    print(f"  ours {note}; library {tokens / spent / 1e6:.2f} M tokens/s", flush=True)
    return wrong


def show(library, line, expected, found):
    for i in range(max(len(expected), len(found))):
        a = expected[i].tolist() if i < len(expected) else None
        b = found[i].tolist() if i < len(found) else None
        if a != b:
            token = library.id_to_token(a[0]) if a else None
            print(f"  line {line[:60]!r}: token {i} is [id, begin, end, word] {b}, expected {a} ({token!r})")
            return


def bert_folder(vocabulary, folder, **settings):
    """A folder of vocab.txt and settings, and the library's tokenizer of both."""
    from transformers import BertTokenizer
    from transformers.models.bert.tokenization_bert import load_vocab

    Path(folder, "vocab.txt").write_bytes(Path(vocabulary).read_bytes())
    Path(folder, "tokenizer_config.json").write_text(json.dumps(settings))
    return BertTokenizer(vocab=load_vocab(vocabulary), **settings)._tokenizer


SETTINGS = [
    {"do_lower_case": True},
    {"do_lower_case": False},
    {"do_lower_case": False, "strip_accents": True},
    {"do_lower_case": True, "strip_accents": False, "tokenize_chinese_chars": False},
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--data", default=os.environ.get("ESPALIER_DATA"))
    parser.add_argument("--model", help="a folder with a tokenizer.json; default: the demo's model where it is")
    parser.add_argument("--full", action="store_true", help="every line for every tokenizer, not every 32nd for most")
    args = parser.parse_args()
    files, lines = data_lines(args.data) if args.data else (0, [])
    torture = torture_lines(random.Random(1), 2000)
    print(f"{files} files, {len(lines):,} distinct lines, {len(torture):,} torture lines", flush=True)
    if not args.data:
        print("no data (--data or ESPALIER_DATA): torture lines only")
    everything = lines + torture
    some = everything if args.full else lines[::32] + torture
    found = Path(args.data, "tokenizers") if args.data else Path("none")
    root = Path(__file__).resolve().parents[2]
    model = Path(args.model) if args.model else root / "demo" / "all-MiniLM-L6-v2"
    folders = [p for p in [model] if args.model or (p / "tokenizer.json").exists()] + sorted(p.parent for p in found.glob("bert*/tokenizer.json"))
    tiny = sorted(p.parent for p in root.glob("tests/oracle/wordpiece/*/tokenizer.json"))
    wrong = 0
    for i, folder in enumerate(folders):
        library = Tokenizer.from_file(str(folder / "tokenizer.json"))
        wrong += compare(folder.name, args.program, str(folder), library, everything if i == 0 else some)
    for folder in tiny:
        library = Tokenizer.from_file(str(folder / "tokenizer.json"))
        wrong += compare(f"tiny {folder.name}", args.program, str(folder), library, torture)
    for vocabulary in sorted(found.glob("bert*/vocab.txt")):
        for settings in SETTINGS:
            with tempfile.TemporaryDirectory() as folder:
                library = bert_folder(vocabulary, folder, **settings)
                wrong += compare(f"{vocabulary.parent.name}/vocab.txt {settings}", args.program, folder, library, some)
    sys.exit(1 if wrong else 0)


main()
