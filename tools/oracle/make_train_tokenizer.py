"""Writes tests/oracle/train_tokenizer: texts and the vocabularies that the `tokenizers` library learns from them.

  python tools/oracle/make_train_tokenizer.py tests/oracle/train_tokenizer
"""

import json
import sys
from pathlib import Path

import tokenizers
from vocabulary_references import generated, train

CASES = [
    {"kind": "gpt2", "size": 420, "least": 2},
    {"kind": "gpt2", "size": 600, "least": 1},
    {"kind": "roberta", "size": 400, "least": 2},
    {"kind": "t5", "size": 480, "least": 2},
    {"kind": "wordpiece", "size": 250, "least": 1, "lowercase": True},
    {"kind": "wordpiece", "size": 200, "least": 2, "lowercase": False},
    {"kind": "wordpiece", "size": 160, "least": 2, "lowercase": True, "limit": 6},
]


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for seed, case in enumerate(CASES):
        texts = generated(seed)[:36] + ["It's Ünïcode: 日本 naïve, 12,345!\n", "it's   two  SPACES\n"]
        settings = {key: value for key, value in case.items() if key != "kind"}
        vocabulary, merges, _ = train(case["kind"], texts, **settings)
        tokens = sorted(vocabulary, key=vocabulary.get)
        lines.append(json.dumps(case | {"texts": texts, "tokens": tokens, "merges": merges}, ensure_ascii=False))
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    about = {
        "what": "texts, and tokens by id and merges that trainers.BpeTrainer and trainers.WordPieceTrainer give",
        "generator": "tools/oracle/make_train_tokenizer.py",
        "command": "python tools/oracle/make_train_tokenizer.py tests/oracle/train_tokenizer",
        "seeds": f"0 to {len(CASES) - 1}",
        "versions": {"tokenizers": tokenizers.__version__},
    }
    (folder / "cases.json").write_text(json.dumps(about, indent=2) + "\n")


main()
