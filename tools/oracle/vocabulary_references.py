"""Vocabularies as the `tokenizers` library's trainers learn them, and texts on which ties are many. For make_train_tokenizer.py and
tools/parity/train_tokenizer_parity.py.

The library numbers WordPiece's "##c" in the order of a hash table, so that two runs of it differ; here it gets them, and the characters,
as special tokens in the order of their code points, which is ours.
"""

import collections
import json
import random
import time

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SPECIAL = {"gpt2": ["<|endoftext|>"], "roberta": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "t5": ["<pad>", "</s>", "<unk>"]}
SENTINELS = 100


def library_bert(lowercase):
    library = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    library.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return library


def library_bpe():
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return library


def characters_of(library, texts, limit):
    """The characters in the order of their code points, without the rarest, and those that stand behind another one."""
    words = collections.Counter()
    for text in texts:
        words.update(word for word, _ in library.pre_tokenizer.pre_tokenize_str(library.normalizer.normalize_str(text)))
    counts = collections.Counter()
    for word, n in words.items():
        for c in word:
            counts[c] += n
    kept = sorted(counts, key=lambda c: (-counts[c], c))[: limit or None]
    behind = {c for word in words for c in word[1:]} & set(kept)
    return sorted(kept), sorted(behind)


def train(kind, texts, size, least, lowercase=True, limit=0, ordered=True):
    """The vocabulary, the merges, and the processor's seconds."""
    start = time.process_time()
    if kind == "wordpiece":
        library = library_bert(lowercase)
        special = list(BERT)
        if ordered:
            alphabet, behind = characters_of(library, texts, limit)
            special += alphabet + ["##" + c for c in behind]
            start = time.process_time()
        limited = {"limit_alphabet": limit} if limit else {}
        trainer = trainers.WordPieceTrainer(vocab_size=size, min_frequency=least, special_tokens=special, show_progress=False, **limited)
    else:
        library = library_bpe()
        trainer = trainers.BpeTrainer(
            vocab_size=size - SENTINELS * (kind == "t5"),
            min_frequency=least,
            special_tokens=SPECIAL[kind],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    library.train_from_iterator(texts, trainer)
    spent = time.process_time() - start
    model = json.loads(library.to_str())["model"]
    vocabulary = dict(model["vocab"])
    if kind == "t5":
        vocabulary |= {f"<extra_id_{i}>": len(vocabulary) + SENTINELS - 1 - i for i in range(SENTINELS)}
    merges = [list(m) if not isinstance(m, str) else m.split(" ") for m in model.get("merges", [])]
    return vocabulary, merges if kind != "wordpiece" else [], spent


def generated(seed):
    """Words of few letters, so that frequencies tie and pieces repeat inside a word."""
    draw = random.Random(seed)
    words = ["".join(draw.choice("aab") for _ in range(draw.randint(1, 9))) for _ in range(60)]
    words += ["".join(draw.choice("abcdeé日") for _ in range(draw.randint(1, 12))) for _ in range(200)]
    return [" ".join(draw.choice(words) for _ in range(draw.randint(1, 12))) + draw.choice([".", "\n", ""]) for _ in range(400)]
