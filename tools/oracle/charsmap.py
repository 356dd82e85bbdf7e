"""SentencePiece's precompiled character map: a double-array trie (darts-clone) from text to its place in a list of replacements."""

import struct


def build(replacements):
    """The bytes of a map {text: replacement}: the trie's size, the trie, the replacements with a zero byte behind each."""
    texts, places = bytearray(), {}
    for old, new in sorted(replacements.items()):
        places[old.encode()] = len(texts)
        texts += new.encode() + b"\0"
    root = {}
    for key, place in places.items():
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[0] = place
    units, used = {0: 0}, {0}

    def place_node(at, node):
        base = 1
        while any((at ^ base ^ label) in used for label in node):
            base += 1
        children = {label: at ^ base ^ label for label in node}
        used.update(children.values())
        units[at] |= base << 10 | (0x100 if 0 in node else 0)
        assert base < 1 << 21
        for label, child in children.items():
            units[child] = node[0] | 1 << 31 if label == 0 else label
        for label, child in children.items():
            if label != 0:
                place_node(child, node[label])

    place_node(0, root)
    count = (max(units) // 256 + 1) * 256
    trie = b"".join(struct.pack("<I", units.get(i, 0)) for i in range(count))
    return struct.pack("<I", len(trie)) + trie + bytes(texts)
