"""What a peer of the duel reads: a TSV with the columns text and label, and its tokens."""


def read(path):
    """Texts, labels, and the classes."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = [line.split("\t") for line in file.read().split("\n") if line]
    names = rows.pop(0)
    labels = [row[names.index("label")] for row in rows]
    return [row[names.index("text")] for row in rows], labels, sorted(set(labels))


def encode(tokenizer, texts, max_length):
    """Unpadded encodings, one dictionary a text."""
    both = tokenizer(texts, truncation=True, max_length=max_length, padding=False)
    return [{key: both[key][i] for key in both} for i in range(len(texts))]
