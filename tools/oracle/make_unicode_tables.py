"""Writes espalier/text/unicode_tables.cc: character classes as the `tokenizers` library sees them.

The library takes its classes from four sources (three Rust crates and Rust's own tables) of four Unicode versions, so the
classes are probed from the library itself, code point by code point.

  python tools/oracle/make_unicode_tables.py espalier/text/unicode_tables.cc
"""

import sys

import charsmap
import tokenizers
from tokenizers import Regex
from tokenizers import normalizers as n
from tokenizers import pre_tokenizers as p

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def pieces(splitter, text):
    return [piece for piece, _ in splitter.pre_tokenize_str(text)]


# What a code point is to grapheme clusters, as espalier/text/grapheme.cc numbers it. Hangul and regional indicators never change.
HANGUL = [(0x1100, 0x1160, 9), (0x1160, 0x11A8, 10), (0x11A8, 0x1200, 11), (0xA960, 0xA97D, 9), (0xAC00, 0xD7A4, 12)]
HANGUL += [(0xD7B0, 0xD7C7, 10), (0xD7CB, 0xD7FC, 11), (0x1F1E6, 0x1F200, 13)]
MAP = n.Precompiled(charsmap.build({"a": "Z", "\u2122": "Z", "\u0915": "Z", "\u0308": "Y"}))


def grapheme_class(ch):
    """Probed by a map that replaces a cluster of fewer than 6 bytes as soon as its beginning is in the map."""

    def is_joined(text, mark):
        return mark in MAP.normalize_str(text)

    for first, end, kind in HANGUL:
        if first <= ord(ch) < end:
            return kind
    if ch != "a" and not MAP.normalize_str(ch + "\u0308\u0308").endswith("YY"):
        return 1  # control: what follows is a cluster of its own
    if MAP.normalize_str("a" + ch) == "Z":
        if not is_joined("\u00a9" + ch + "\u200d\u2122\u0308", "Y") and ch != "\u200d":
            return 3  # spacing mark
        if is_joined("\u0915" + ch + "\u0915\u0301", "\u0301"):
            return 7  # linker
        return 2 if is_joined("\u0915" + ch + "\u094d\u0915\u0301", "\u0301") else 8  # extend, in conjuncts or not
    if is_joined(ch + "a\u0308", "Y"):
        return 4  # prepend
    if is_joined(ch + "\u200d\u2122\u0308", "Y"):
        return 5  # pictographic
    return 6 if is_joined(ch + "\u094d\u0915\u0301", "\u0301") else 0  # consonant


def classes():
    clean = n.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    accents = n.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    marks, nfd, nfkd = n.StripAccents(), n.NFD(), n.NFKD()
    bert, white, words, digits = p.BertPreTokenizer(), p.WhitespaceSplit(), p.Whitespace(), p.Digits(individual_digits=True)
    letters, numbers, blanks = (p.Split(Regex(class_), "removed") for class_ in (r"\p{L}", r"\p{N}", r"\s"))
    for c in CODE_POINTS:
        ch = chr(c)
        text = "a" + ch + "b"
        canonical = nfd.normalize_str(ch) != ch
        space = pieces(white, text) == ["a", "b"]
        assert space == (pieces(blanks, ch) == []), f"\\s and white space differ at {c:X}"
        nonstarter = not canonical and (
            nfd.normalize_str("a" + ch + "\u0334") != "a" + ch + "\u0334" or nfd.normalize_str("a\u0300" + ch) != "a\u0300" + ch
        )
        yield c, (
            (1 if clean.normalize_str(text) == "ab" else 0)
            | (2 if space else 0)
            | (4 if not space and len(pieces(bert, text)) == 3 else 0)
            | (8 if not canonical and accents.normalize_str(text) == "ab" else 0)
            | (16 if marks.normalize_str(text) == "ab" else 0)
            | (32 if len(pieces(digits, text)) == 3 else 0)
            | (64 if pieces(words, "a" + ch) == ["a" + ch] else 0)
            | (128 if canonical else 0)
            | (256 if nfkd.normalize_str(ch) != ch else 0)
            | (512 if nonstarter else 0)
            | (1024 if pieces(letters, ch) == [] else 0)
            | (2048 if pieces(numbers, ch) == [] else 0)
            | grapheme_class(ch) << 12
        )


def class_runs():
    runs, last = [], None
    for c, flags in classes():
        if flags != last:
            runs.append((c, flags))
            last = flags
    return runs


def lower_runs():
    """[first, last, step, delta] of code points whose lower case is one code point away by delta; others one by one."""
    lower, runs, several = n.Lowercase(), [], []
    for c in CODE_POINTS:
        small = lower.normalize_str(chr(c))
        if small == chr(c):
            continue
        if len(small) > 1:
            several.append((c, small))
            continue
        delta = ord(small) - c
        if runs and runs[-1][3] == delta:
            first, last, step, _ = runs[-1]
            if first == last and c - last <= 2:
                runs[-1] = [first, c, c - last, delta]
                continue
            if c - last == step:
                runs[-1][1] = c
                continue
        runs.append([c, c, 1, delta])
    assert [c for c, small in several] == [0x130] and several[0][1] == "i\u0307"
    return runs


def rows(items):
    line, lines = "   ", []
    for item in items:
        if len(line) + 1 + len(item) > 128:
            lines.append(line)
            line = "   "
        line += " " + item
    return "\n".join(lines + [line])


def main(path):
    runs, lower = class_runs(), lower_runs()
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"""// Character classes and lower case, as the `tokenizers` library {tokenizers.__version__} has them.
// Written by tools/oracle/make_unicode_tables.py; do not edit.
#include "espalier/text/unicode_tables.h"

namespace espalier {{

// clang-format off
const ClassRun kClassRuns[] = {{
{rows(f"{{{c},{flags}}}," for c, flags in runs)}
}};
const size_t kClassRunCount = {len(runs)};

const LowerRun kLowerRuns[] = {{
{rows(f"{{{a},{b},{s},{d}}}," for a, b, s, d in lower)}
}};
const size_t kLowerRunCount = {len(lower)};
// clang-format on

}}  // namespace espalier
""")


main(sys.argv[1])
