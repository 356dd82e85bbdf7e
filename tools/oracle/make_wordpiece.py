"""Writes tests/oracle/wordpiece: tiny tokenizers and what the `tokenizers` and `transformers` libraries make of hard texts.

  python tools/oracle/make_wordpiece.py tests/oracle/wordpiece
"""

import json
import platform
import random
import sys
from pathlib import Path

import tokenizers
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torture_lines import FIXED, torture_lines

SENTENCES = [
    "The quick brown fox jumps over the lazy dog, and the dog doesn't mind.",
    "A small tokenizer learns words, word pieces, punctuation: commas; dots... (and brackets).",
    "Training on a few sentences gives a vocabulary of a few hundred entries, 1234567890.",
    "Café, naïve, Ångström: accents are stripped when letters are lowered; 中文 字符 stand alone.",
    "an is in it to do go me he she we you they running runner ran unhappily unable reading reader",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def vocabulary(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    extra = ["é", "É", "ß", "σ", "한", "가", "á", "ﬁ", "②", "_"]
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=SPECIAL, initial_alphabet=extra, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokens = sorted(tokenizer.get_vocab(), key=lambda t: (t not in SPECIAL, SPECIAL.index(t) if t in SPECIAL else 0, t))
    return {token: i for i, token in enumerate(tokens)}


def build(vocab, normalizer, pre_tokenizer, post_processor, added):
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.post_processor = post_processor
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL])
    tokenizer.add_tokens(added)
    return tokenizer


def variants():
    lower, cased = vocabulary(True), vocabulary(False)
    special = [("[CLS]", lower["[CLS]"]), ("[SEP]", lower["[SEP]"])]
    template = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", special)
    n, p = normalizers, pre_tokenizers
    yield "uncased", build(lower, n.BertNormalizer(), p.BertPreTokenizer(), template, [])
    yield "cased", build(
        cased, n.BertNormalizer(lowercase=False), p.BertPreTokenizer(), processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)), []
    )
    yield "parts", build(
        lower,
        n.Sequence([n.Replace("ß", "ss"), n.NFKC(), n.Lowercase(), n.NFD(), n.StripAccents(), n.Strip()]),
        p.Sequence([p.WhitespaceSplit(), p.Digits(individual_digits=False), p.Punctuation("merged_with_previous"), p.Split("an", "isolated")]),
        processors.RobertaProcessing(("[SEP]", 3), ("[CLS]", 2), trim_offsets=False, add_prefix_space=False),
        [
            AddedToken("Naïve", single_word=True, normalized=True),
            AddedToken("<tag>", lstrip=True, rstrip=True, normalized=False),
            AddedToken("ﬁ", normalized=False, special=True),
        ],
    )
    yield "plain", build(
        cased, n.Sequence([n.Prepend("do "), n.NFKD(), n.NFC()]), p.Sequence([p.Whitespace(), p.Digits(True)]), None, []
    )


def bytes_of(encoding, texts):
    """Offsets in bytes of the text that each token belongs to."""
    begins, ends = [], []
    for (begin, end), sequence in zip(encoding.offsets, encoding.sequence_ids):
        text = texts[sequence] if sequence is not None else ""
        begins.append(len(text[:begin].encode()))
        ends.append(len(text[:end].encode()))
    return begins, ends


def record(encoding, texts):
    begins, ends = bytes_of(encoding, texts)
    return {
        "ids": encoding.ids,
        "begins": begins,
        "ends": ends,
        "words": [-1 if w is None else w for w in encoding.word_ids],
        "segments": encoding.type_ids,
        "sequence": [-1 if s is None else s for s in encoding.sequence_ids],
    }


def packed(text):
    """A long repetition as [unit, count]; other texts as they are."""
    for size in (1, 2, 5):
        unit = text[:size]
        if len(text) > 1000 and unit * (len(text) // size) == text:
            return [unit, len(text) // size]
    return text


def lines_of(name, tokenizer):
    fixed = [t for t in FIXED if len(t) < 1000 or len(t.encode()) == 100000 and " " not in t]
    rest = torture_lines(random.Random(name), 60)[len(FIXED) :]
    some = random.Random(name).sample([t for t in rest[:-60] if len(t) < 300], 25) + rest[-60:]
    for text in fixed + some + SENTENCES:
        found = record(tokenizer.encode(text), [text])
        yield {"tokenizer": name, "text": packed(text)} | {key: found[key] for key in ("ids", "begins", "ends", "words")}


def cut_cases(folder):
    """Truncation of pairs and windows, as transformers does them."""
    fast = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "uncased" / "tokenizer.json"), pad_token="[PAD]")
    texts = ["the quick brown fox", "a small tokenizer learns words, word pieces, punctuation", "it", ""]
    for first in texts:
        for second in texts:
            for longest in (3, 4, 5, 6, 7, 8, 11, 14, 19, 30):
                # in lists, for outside of them transformers takes an empty second text for none
                out = fast([first], [second], truncation="longest_first", max_length=longest)
                yield {"what": "pair", "texts": [first, second], "max_length": longest, **record(out.encodings[0], [first, second])}
    for text in texts:
        for longest, stride in [(3, 0), (4, 1), (6, 0), (6, 3), (9, 6), (40, 5)]:
            out = fast(text, truncation=True, max_length=longest, stride=stride, return_overflowing_tokens=True)
            yield {
                "what": "windows", "texts": [text], "max_length": longest, "stride": stride,
                "windows": [record(e, [text]) for e in out.encodings],
            }  # fmt: skip
    question, passage = texts[2], texts[1]
    out = fast(question, passage, truncation="only_second", max_length=9, stride=2, return_overflowing_tokens=True)
    yield {
        "what": "pair_windows", "texts": [question, passage], "max_length": 9, "stride": 2,
        "windows": [record(e, [question, passage]) for e in out.encodings],
    }  # fmt: skip
    words = ["The", "tokenizer's", "", "中文", "\u200b", "unhappily", "[SEP]", "x" * 101, "two words"]
    for longest in (0, 8):
        limit = {"truncation": True, "max_length": longest} if longest else {}
        encoding = fast(words, is_split_into_words=True, **limit).encodings[0]
        spans = [(0, 0) if w is None else (b, e) for (b, e), w in zip(encoding.offsets, encoding.word_ids)]
        found = {"ids": encoding.ids, "words": [-1 if w is None else w for w in encoding.word_ids]}
        found["begins"] = [len(words[w][:b].encode()) if w is not None else 0 for (b, _), w in zip(spans, encoding.word_ids)]
        found["ends"] = [len(words[w][:e].encode()) if w is not None else 0 for (_, e), w in zip(spans, encoding.word_ids)]
        yield {"what": "words", "texts": words, "max_length": longest, **found}
    plain = Tokenizer.from_file(str(folder / "uncased" / "tokenizer.json"))
    for text in SENTENCES + ["I can't do not 's n't . ? ! ' x ' [MASK]"]:
        ids = plain.encode(text).ids
        for skip in (True, False):
            yield {"what": "decode", "ids": ids, "skip_special": skip, "text": plain.decode(ids, skip_special_tokens=skip)}


def write_lines(path, records):
    path.write_text("".join(json.dumps(r, ensure_ascii=True, separators=(",", ":")) + "\n" for r in records))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    torture = []
    for name, tokenizer in variants():
        (folder / name).mkdir(exist_ok=True)
        torture += lines_of(name, tokenizer)
        if name == "uncased":  # both sections must be ignored
            tokenizer.enable_padding(length=16)
            tokenizer.enable_truncation(8)
        tokenizer.save(str(folder / name / "tokenizer.json"), pretty=False)
    write_lines(folder / "torture.jsonl", torture)
    tiny = folder / "uncased" / "tokenizer.json"
    kept = tiny.read_text()
    file = json.loads(kept)
    file["padding"] = file["truncation"] = None
    tiny.write_text(json.dumps(file, ensure_ascii=False))
    write_lines(folder / "cases.jsonl", cut_cases(folder))
    tiny.write_text(kept)
    sidecar = {
        "code": "tools/oracle/make_wordpiece.py",
        "command": "python tools/oracle/make_wordpiece.py tests/oracle/wordpiece",
        "tokenizers": tokenizers.__version__,
        "transformers": transformers.__version__,
        "python": platform.python_version(),
        "seed": "the tokenizer's name",
    }
    (folder / "torture.json").write_text(json.dumps(sidecar, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
