"""Writes tests/oracle/bpe: tiny byte-level tokenizers and what the `tokenizers` library makes of hard texts.

  python tools/oracle/make_bpe.py tests/oracle/bpe
"""

import json
import sys
from pathlib import Path

import tokenizer_digests
from make_wordpiece import SENTENCES
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROLES = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
ENDS = ["<|startoftext|>", "<|endoftext|>"]
CLIP = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
SPACES = ["a  b   c\n\n d \t\te", " lead", "trail  ", "it's 'S they'll we'VE 3rd x1y2 ''s", "a <mask> b<mask>  c", "  <mask>  "]
SPACES += ["\u3000wide\u3000<mask>\u3000", "<s>x</s> </s>", "<|endoftext|> A  B<|startoftext|>"]


def byte_level(roles, alphabet=True, suffix=None, normalizer=None, pre_tokenizer=None):
    options = {"end_of_word_suffix": suffix} if suffix else {}
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters = pre_tokenizers.ByteLevel.alphabet() if alphabet else []
    trainer = trainers.BpeTrainer(vocab_size=420 if not suffix else 700, special_tokens=roles, initial_alphabet=letters, show_progress=False, **options)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return json.loads(tokenizer.to_str())["model"]


def build(model, pre_tokenizer, post_processor, added, normalizer=None, **changes):
    model = model | changes
    tokenizer = Tokenizer.from_str(json.dumps({"version": "1.0", "added_tokens": [], "model": model}))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    if post_processor is not None:
        tokenizer.post_processor = post_processor
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(added)
    return tokenizer


def variants():
    n, p, o = normalizers, pre_tokenizers, processors
    gpt2 = byte_level(ENDS[1:])
    end = [AddedToken(ENDS[1], special=True, normalized=True)]
    yield "gpt2", build(gpt2, p.ByteLevel(add_prefix_space=False), o.ByteLevel(trim_offsets=False), end)
    roberta = byte_level(ROLES)
    roles = [AddedToken(t, special=True, normalized=False, lstrip=t == "<mask>") for t in ROLES]
    sep, cls = ("</s>", 2), ("<s>", 0)
    yield "roberta", build(roberta, p.ByteLevel(add_prefix_space=False), o.RobertaProcessing(sep, cls, True, False), roles)
    spaced = o.Sequence([o.ByteLevel(add_prefix_space=True, trim_offsets=True), o.TemplateProcessing("<s> $A", "<s> $A </s> $B:1", [cls, sep])])
    yield "spaced", build(roberta, p.ByteLevel(add_prefix_space=True), spaced, roles, n.NFKC(), ignore_merges=True)
    steps = p.Sequence([p.Digits(individual_digits=True), p.ByteLevel(add_prefix_space=True, use_regex=False)])
    holes = byte_level(ROLES, alphabet=False)  # bytes without a token: left out, or unknown
    yield "holes", build(holes, steps, o.BertProcessing(sep, cls), roles)
    yield "unknown", build(holes, p.ByteLevel(), None, roles, unk_token="<unk>", fuse_unk=True)
    clip_steps = p.Sequence([p.Split(Regex(CLIP), "removed", invert=True), p.ByteLevel(add_prefix_space=False)])
    clean = n.Sequence([n.NFC(), n.Replace(Regex(r"\s+"), " "), n.Lowercase()])
    clip = byte_level(ENDS, suffix="</w>", normalizer=clean, pre_tokenizer=clip_steps)
    ends = [AddedToken(t, special=True, normalized=False) for t in ENDS]
    ids = [(t, clip["vocab"][t]) for t in ENDS]
    yield "clip", build(clip, clip_steps, o.RobertaProcessing(ids[1], ids[0], False, False), ends, clean, unk_token=ENDS[1])


def main(folder):
    spaces = {"clip": lambda text: text.replace("</w>", " ").strip()}  # as transformers' CLIPTokenizer decodes
    tokenizer_digests.write(folder, "bpe", variants(), SPACES, "make_bpe", spaces)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
