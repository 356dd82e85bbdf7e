"""Holds our tokeniser against the `tokenizers` library: ids, offsets, word indices and decoded text of every distinct line of every text
file below a data folder, and of lines that torture Unicode.

  python tools/parity/tokenizers_parity.py build/release/tests/parity_tokenize --data "$ESPALIER_DATA" [--model FOLDER] [--full]

The first tokenizer (that of the model, else of the data) and GPT-2's see every line; the further ones of the data, old files
among them with their settings, every 32nd line (with --full: every line); the tiny ones of tests/oracle the torture lines.
"""

import argparse
import gzip
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
from tokenizers import AddedToken, Tokenizer  # noqa: E402

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
    suffix = getattr(library.model, "end_of_word_suffix", None)  # CLIP's; transformers decodes it so
    ours, note = run(program, folder, lines)
    at, wrong, tokens, spent = 0, 0, 0, 0.0
    for begin in range(0, len(lines), BATCH):
        batch = lines[begin : begin + BATCH]
        start = time.perf_counter()
        encodings = library.encode_batch(batch)
        spent += time.perf_counter() - start
        for line, encoding, decoded in zip(batch, encodings, library.decode_batch([e.ids for e in encodings])):
            expected = expected_of(encoding, line)
            n = int(ours[at])
            found = ours[at + 1 : at + 1 + 4 * n]
            at += 1 + 4 * n
            size = int(ours[at])
            text = ours[at + 1 : at + 1 + (size + 3) // 4].tobytes()[:size].decode()
            at += 1 + (size + 3) // 4
            tokens += n
            if suffix:
                decoded = decoded.replace(suffix, " ").strip()
            if np.array_equal(expected, found) and text == decoded:
                continue
            wrong += 1
            if wrong <= 5:
                show(library, line, expected.reshape(4, -1).T, found.reshape(4, -1).T)
                if text != decoded:
                    print(f"  line {line[:60]!r}: decoded {text[:80]!r}, expected {decoded[:80]!r}")
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


def old_files(folder, tokens, merges, **settings):
    """A folder of vocab.json, merges.txt and settings."""
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def bpe_folders(found, scratch):
    """Byte-pair encoding as its authors published it: (name, folder, the library's tokenizer)."""
    import transformers

    def named(name, folder, **more):
        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        merges = [tuple(m.split(" ")) for m in (folder / "merges.txt").read_text(encoding="utf-8").split("\n")[1:] if m]
        return getattr(transformers, name)(vocab=vocabulary, merges=merges, **more)._tokenizer

    gpt2 = found / "gpt2"
    if not gpt2.exists():
        return
    yield "gpt2", gpt2, Tokenizer.from_file(str(gpt2 / "tokenizer.json"))
    vocabulary = json.loads((gpt2 / "vocab.json").read_text(encoding="utf-8"))
    merges = [line for line in (gpt2 / "merges.txt").read_text(encoding="utf-8").split("\n")[1:] if line]
    old = old_files(scratch / "gpt2", sorted(vocabulary, key=vocabulary.get), merges)
    yield "gpt2/vocab.json", old, named("GPT2Tokenizer", old)
    if (found / "roberta" / "dict.txt").exists():  # fairseq's: ids of GPT-2's tokens, the most frequent first
        texts = {str(i): token for token, i in vocabulary.items()}
        words = [line.split()[0] for line in (found / "roberta" / "dict.txt").read_text().splitlines()]
        tokens = ["<s>", "<pad>", "</s>", "<unk>", *(texts.get(word, word) for word in words), "<mask>"]
        for space in (False, True):
            folder = old_files(scratch / f"roberta{space}", tokens, merges, tokenizer_class="RobertaTokenizer", add_prefix_space=space)
            library = named("RobertaTokenizer", folder, add_prefix_space=space)
            library.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False, special=True)])
            yield f"roberta/dict.txt {space}", folder, library
    if (found / "clip").exists():  # OpenAI's: bytes, the same with an end of word, merges, ends of text
        lines = gzip.open(found / "clip" / "bpe_simple_vocab_16e6.txt.gz").read().decode().split("\n")
        merges = lines[1 : 49152 - 256 - 2 + 1]
        letters = [token for token, i in sorted(vocabulary.items(), key=lambda item: item[1]) if i < 256]
        tokens = letters + [c + "</w>" for c in letters] + [m.replace(" ", "") for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
        folder = old_files(scratch / "clip", tokens, merges, tokenizer_class="CLIPTokenizer")
        yield "clip/bpe_simple_vocab_16e6", folder, named("CLIPTokenizer", folder)


def unigram_folders(found, scratch):
    """spiece.model as transformers loads it, and the tokenizer.json that it makes of it: (name, folder, the library's tokenizer)."""
    import transformers

    for name, settings in [("t5", {}), ("albert", {}), ("albert", {"do_lower_case": False, "keep_accents": True})]:
        if not (found / name / "spiece.model").exists():
            continue
        folder = scratch / f"{name}{len(settings)}"
        folder.mkdir()
        (folder / "spiece.model").write_bytes((found / name / "spiece.model").read_bytes())
        class_ = {"t5": "T5Tokenizer", "albert": "AlbertTokenizer"}[name]
        (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": class_, **settings}))
        library = getattr(transformers, class_).from_pretrained(folder)._tokenizer
        yield f"{name}/spiece.model {settings}", folder, library
        if not settings:
            whole = scratch / f"{name}_json"
            whole.mkdir()
            library.save(str(whole / "tokenizer.json"))
            yield f"{name}/tokenizer.json", whole, library


SETTINGS = [
    {"do_lower_case": True},
    {"do_lower_case": False},
    {"do_lower_case": False, "strip_accents": True},
    {"do_lower_case": True, "strip_accents": False, "tokenize_chinese_chars": False},
]


def cases(args, scratch, root):
    """(name, folder, the library's tokenizer, whether it sees every line)"""
    found = Path(args.data, "tokenizers") if args.data else Path("none")
    model = Path(args.model) if args.model else root / "demo" / "all-MiniLM-L6-v2"
    if args.model or (model / "tokenizer.json").exists():
        yield model.name, model, Tokenizer.from_file(str(model / "tokenizer.json")), True
    for file in sorted(found.glob("bert*/tokenizer.json")):
        yield file.parent.name, file.parent, Tokenizer.from_file(str(file)), False
    for vocabulary in sorted(found.glob("bert*/vocab.txt")):
        for i, settings in enumerate(SETTINGS):
            (scratch / f"bert{i}").mkdir()
            library = bert_folder(vocabulary, scratch / f"bert{i}", **settings)
            yield f"{vocabulary.parent.name}/vocab.txt {settings}", scratch / f"bert{i}", library, False
    for name, folder, library in bpe_folders(found, scratch):
        yield name, folder, library, name == "gpt2"
    for name, folder, library in unigram_folders(found, scratch):
        yield name, folder, library, False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--data", default=os.environ.get("ESPALIER_DATA"))
    parser.add_argument("--model", help="a folder with a tokenizer.json; default: the demo's model where it is")
    parser.add_argument("--only", default="", help="tokenizers whose name begins so")
    parser.add_argument("--full", action="store_true", help="every line for every tokenizer, not every 32nd for most")
    args = parser.parse_args()
    files, lines = data_lines(args.data) if args.data else (0, [])
    torture = torture_lines(random.Random(1), 2000)
    print(f"{files} files, {len(lines):,} distinct lines, {len(torture):,} torture lines", flush=True)
    if not args.data:
        print("no data (--data or ESPALIER_DATA): torture lines only")
    root = Path(__file__).resolve().parents[2]
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, folder, library, every_line in cases(args, Path(scratch), root):
            if name.startswith(args.only):
                wrong += compare(name, args.program, str(folder), library, (lines if every_line or args.full else lines[::32]) + torture)
        for file in sorted(root.glob("tests/oracle/*/*/tokenizer.json")):
            name = f"tiny {file.parent.parent.name}/{file.parent.name}"
            if name.startswith(args.only):
                wrong += compare(name, args.program, str(file.parent), Tokenizer.from_file(str(file)), torture)
    sys.exit(1 if wrong else 0)


main()
