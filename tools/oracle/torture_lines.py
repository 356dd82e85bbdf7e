"""Lines that torture a tokeniser's Unicode, from a seed."""

FIXED = [
    "", " ", "\t\n\r ", "\u00a0\u3000\u2003\u1680", "\u200b\u200c\u200d\u2060\ufeff", "\x00", "a\x00b\x01c\x7fd\x80e\x9ff",
    "[CLS]", "[SEP] a [MASK]", "a[MASK]b", "[mask] [Mask][MASK][MASK ] [[MASK]]", "[UNK][PAD]", "x [SEP]\u0301 y", "##ing ## # ing",
    "don't can't I've e.g. U.S.A. 3.14 $5.00 50% a+b=c x^2 `code` ~home a|b <tag> \\n", "naïve café Ångström İstanbul ıI ß ẞ ŉ ǰ ΐ",
    "e\u0301 e\u0323\u0301 e\u0301\u0323 \u0301e \u0344 a\u0344\u0323 \u0f73\u0f71 \u1e69 s\u0323\u0307 s\u0307\u0323",
    "\u0301\u0323\u0300", "ΑΣ ΟΔΟΣ Σ", "한국어 각 \u1100\u1161\u11a8 \uac00\u11a8 \u1100\u1161\u11a7 ㄱ ﾡ", "中文字符,日本語テスト。カタカナ ｶﾞ が か\u3099",
    "\U00020000\U0002a6df\U0002a700\U0002b73f\U0002b820\U0002b91f\U0002b920\U0002ceaf\U0002f800\uf900\ufa6d㐀䶿",
    "👩‍👩‍👧‍👦 👍🏽 🇩🇪 ❤️ ☃️ 1️⃣ 🏴\U000e0067\U000e0062\U000e007f 🥹🫨", "שלום עולם \u202eRTL\u202c مرحبا بالعالم ‏", "so\u00adft hy\u2010phen — – ‑ ‒ ―",
    "\ue000\uf8ff\U000f0000\U0010fffd private", "\u0378\u0379\U0001fbff\U0003ffff\U000e0fff unassigned", "\ud7ff\ue000 \ufffd\ufffe\uffff \U0001ffff",
    "ﬁ ﬃ Ⅷ ① ½ ² ㎏ ℃ ﷺ ゟ", "हिन्दी தமிழ் ไทย ລາວ བོད မြန်မာ ខ្មែរ", "\u0958 \u0b5c \u0cca \u0dde \u1b3b \U0001109a \U0001d15e \U00011938 \U000105c9 \U00011383",
    "“quotes” ‘single’ «guillemets» … • § ¶ † ‡ ′ ″ ‰ ¿ ¡", "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\x1dh", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟘𝟙 ⓐⓑ ＦＵＬＬ ＷＩＤＴＨ", "A\u030a\u0323 Å Å K ſ ǅ Ǆ ǆ",
    "\u1c89 \ua7dc \U00010d50 \U00016ea0 new capitals", "x" * 100, "x" * 101, "é" * 100, "é" * 101, "中" * 150, "un" * 50 + "b", "a" * 100000, "ab" * 50000 + "!",
    "a\u0301" * 50000, "\u0301" * 3000 + "\u0323" * 3000, "İ" * 20000, "word " * 20000, " " * 100000, "." * 5000, "[MASK]" * 1000, "\U0001f600" * 3000,
]

ALPHABET = (
    [" ", "\t", "[SEP]", "[MASK]", "##", ".", ",", "'", "-", "the", "ing", "A", "É", "ß", "İ", "Σ", "é", "\u0301", "\u0323", "\u0344", "\u200d", "\u00ad", "\ufeff", "\x00"]
    + ["中", "가", "\u1100", "\u1161", "\u11a8", "が", "\u3099", "👍", "🏽", "ﬁ", "Ⅷ", "½", "\ufffd", "\ue000", "\U0002b820", "ا", "ש", "क", "\u093c", "\u0f71", "\u0f72"]
)


def torture_lines(random, count):
    """The fixed lines, every code point once (between letters, and alone), and `count` random mixtures."""
    lines = list(FIXED)
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and not (0x20000 <= c < 0xE0000 and c % 97)]
    for begin in range(0, len(points), 64):
        lines.append(" ".join("a" + c + "B" for c in points[begin : begin + 64]))
        lines.append(" ".join(points[begin : begin + 64]))
        lines.append("e\u0301" + "\u0323".join(points[begin : begin + 64]))
    for _ in range(count):
        some = random.choices(ALPHABET, k=random.randint(1, 30)) + random.choices(points, k=random.randint(0, 10))
        random.shuffle(some)
        lines.append("".join(some))
    return lines
