"""Writes tests/oracle/unigram: tiny Unigram tokenizers, as tokenizer.json and as spiece.model, and what the `tokenizers` library
makes of hard texts; spiece.model as transformers loads it.

  python tools/oracle/make_unigram.py tests/oracle/unigram
"""

import json
import sys
from pathlib import Path

import charsmap
import tokenizer_digests
import transformers
from make_wordpiece import SENTENCES
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

MAP = {"ﬁ": "fi", "ﬃ": "ffi", "Ⅷ": "VIII", "①": "1", "½": "1⁄2", "²": "2", "㎏": "kg", "℃": "°C", "…": "...", "™": "TM", "ﾡ": "ㄱ"}
MAP |= {"\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u3000": " ", "\u2003": " ", "\u2028": " "}
MAP |= {"\x01": "", "\x7f": "", "\u200b": "", "\u200d": "", "\ufeff": "", "\u00ad": "", "e\u0301": "é", "A\u030a": "Å", "\u0344": "\u0308\u0301"}
MAP |= {"か\u3099": "が", "\u1100\u1161": "가", "क\u093c": "क़", "Å": "Å", "K": "K", "ﷺ": "صلى الله", "👍": "+1", "a\u0323\u0301": "ạ́"}
MAP |= {chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)}
SPACES = ["a  b   c\n\n d \t\te", " lead", "trail  ", "``quoted'' '' `` '''", "a <extra_id_0> b<extra_id_1>c <mask> <sep>", "▁a ▁▁ b▁c", "  ", "x [MASK] y"]
SPACES += ["caf\u00e9 cafe\u0301 ﬁ\u0301n ™\u0308 \r\n\r\u0308 ©\u200d™\u0308 क्™", "qqq~q中qq <unk>中 </s> (a) - £5", "\u0600a\u0308 \u0600ﬁ"]


def trained(size, roles, unk, letters=()):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=roles, unk_token=unk, initial_alphabet=list(letters), show_progress=False, n_sub_iterations=2
    )
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    vocab = {}
    for token, score in json.loads(tokenizer.to_str())["model"]["vocab"]:
        vocab.setdefault(token, score)  # the trainer gives a role that stands in the text twice
    return list(vocab.items())


def build(vocab, unk, normalizer, pre_tokenizer, post_processor, decoder, added, byte_fallback=False):
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=unk, byte_fallback=byte_fallback))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, pre_tokenizer, decoder
    if post_processor is not None:
        tokenizer.post_processor = post_processor
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in added])
    return tokenizer


def variants():
    n, p, o, d = normalizers, pre_tokenizers, processors, decoders
    t5 = trained(300, ["<pad>", "</s>", "<unk>"], "<unk>") + [("<extra_id_1>", 0.0), ("<extra_id_0>", 0.0)]
    end = o.TemplateProcessing("$A </s>", "$A </s> $B </s>", [("</s>", 1)])
    words = p.Sequence([p.WhitespaceSplit(), p.Metaspace()])
    names = ["<pad>", "</s>", "<unk>", "<extra_id_0>", "<extra_id_1>"]
    yield "t5", build(t5, 2, n.Precompiled(charsmap.build(MAP)), words, end, d.Metaspace(), names)
    # as the files on the Hub have it since 2023
    newer = n.Sequence([n.Precompiled(charsmap.build(MAP)), n.Strip(left=False, right=True), n.Replace(Regex(" {2,}"), "▁")])
    yield "newer", build(t5, 2, newer, p.Metaspace(prepend_scheme="first"), end, d.Metaspace(prepend_scheme="first"), names[:4])
    albert = trained(260, ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], "<unk>")
    clean = [n.Replace("``", '"'), n.Replace("''", '"'), n.NFKD(), n.StripAccents(), n.Lowercase()]
    clean = n.Sequence([*clean, n.Precompiled(charsmap.build(MAP)), n.Replace(Regex(" {2,}"), " ")])
    both = o.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])
    yield "albert", build(albert, 1, clean, words, both, d.Metaspace(), ["[CLS]", "[SEP]", "[MASK]"])
    bytes_too = trained(220, ["<unk>"], "<unk>") + [(f"<0x{b:02X}>", -20.0) for b in range(256)]
    fall = d.Sequence([d.Replace("▁", " "), d.ByteFallback(), d.Fuse(), d.Strip(" ", 1, 0)])
    never = p.Metaspace(prepend_scheme="never", split=False)
    yield "bytes", build(bytes_too, 0, n.Sequence([n.Prepend("▁"), n.Replace(" ", "▁")]), never, None, fall, ["<unk>"], byte_fallback=True)


def piece_type(text, roles, user):
    return 2 if text == "<unk>" else 3 if text in roles else 4 if text in user else 1


def spiece(vocab, unk, roles, user):
    model = sentencepiece_model_pb2.ModelProto()
    for text, score in vocab:
        model.pieces.add(piece=text, score=score, type=piece_type(text, roles, user))
    model.trainer_spec.model_type = 1
    model.trainer_spec.unk_id = unk
    model.normalizer_spec.name = "nmt_nfkc"
    model.normalizer_spec.precompiled_charsmap = charsmap.build(MAP)
    return model.SerializeToString()


def spiece_variants(folder):
    """(name, the library's tokenizer as transformers makes it); writes the old files."""
    t5 = trained(240, ["<pad>", "</s>", "<unk>"], "<unk>")
    albert = trained(240, ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", "(", ")", "-", "£"], "<unk>")
    xlnet = trained(240, ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"], "<unk>")
    for name, vocab, unk, user, settings in [
        ("T5", t5, 2, "", {"extra_ids": 3}),
        ("Albert", albert, 1, "()-£", {}),
        ("AlbertCased", albert, 1, "()-£", {"do_lower_case": False, "keep_accents": True}),
        ("XLNet", xlnet, 0, "", {}),
    ]:
        here = folder / ("spiece_" + name.lower())
        here.mkdir(exist_ok=True)
        roles = [t for t, _ in vocab if t[0] in "<[" and t[-1] in ">]" and len(t) > 2]
        (here / "spiece.model").write_bytes(spiece(vocab, unk, roles, user))
        class_ = name.removesuffix("Cased") + "Tokenizer"
        (here / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": class_, **settings}) + "\n")
        yield here.name, getattr(transformers, class_).from_pretrained(here)._tokenizer


def main(folder):
    tokenizer_digests.write(folder, "unigram", variants(), SPACES, "make_unigram", old=spiece_variants(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
