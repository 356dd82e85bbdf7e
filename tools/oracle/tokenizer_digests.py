"""What the `tokenizers` library makes of hard texts, as digests: whole records would be megabytes.

lines.jsonl: {"text": text or [unit, count], "expected": {tokenizer: "count digest digest"}}: the number of tokens, the digest of
ids, first bytes, last bytes and words, and that of the decoded text ("-": not compared). A digest is the beginning of a SHA-256.
"""

import hashlib
import json
import platform
import random

import numpy as np
import tokenizers
from make_wordpiece import SENTENCES, packed
from torture_lines import FIXED, torture_lines


def digest(data):
    return hashlib.sha256(data).hexdigest()[:12]


def texts(seed, more):
    fixed = [t for t in FIXED if len(t) < 1000 or len(t) == 100000 and t != " " * 100000]
    rest = torture_lines(random.Random(seed), 60)[len(FIXED) :]
    some = random.Random(seed).sample([t for t in rest[:-60] if len(t) < 300], 15) + rest[-60:]
    return fixed + some + SENTENCES + more


def expected(tokenizer, text, decode):
    encoding = tokenizer.encode(text)
    starts = np.cumsum([0] + [len(c.encode()) for c in text])
    offsets = starts[np.array(encoding.offsets, np.int64).reshape(-1, 2)].T
    words = [-1 if w is None else w for w in encoding.word_ids]
    numbers = np.array([encoding.ids, *offsets, words], np.int32)
    decoded = digest(decode(tokenizer.decode(encoding.ids, skip_special_tokens=True)).encode()) if len(text) < 1000 else "-"
    return f"{len(encoding.ids)} {digest(numbers.tobytes())} {decoded}"


def write(folder, seed, variants, more, code, decode=None, old=()):
    """`variants`: (name, tokenizer), and `old` ones, whose files are there; decode[name] changes the library's decoded text to what
    is compared."""
    made = dict(old)
    for name, tokenizer in variants:
        (folder / name).mkdir(exist_ok=True, parents=True)
        tokenizer.save(str(folder / name / "tokenizer.json"), pretty=False)
        made[name] = tokenizer
    with open(folder / "lines.jsonl", "w", encoding="utf-8") as out:
        for text in texts(seed, more):
            found = {name: expected(t, text, (decode or {}).get(name, lambda text: text)) for name, t in made.items()}
            out.write(json.dumps({"text": packed(text), "expected": found}, ensure_ascii=False, separators=(",", ":")) + "\n")
    about = {
        "code": f"tools/oracle/{code}.py",
        "command": f"python tools/oracle/{code}.py tests/oracle/{folder.name}",
        "tokenizers": tokenizers.__version__,
        "python": platform.python_version(),
        "seed": seed,
    }
    (folder / "lines.json").write_text(json.dumps(about, indent=2) + "\n")
