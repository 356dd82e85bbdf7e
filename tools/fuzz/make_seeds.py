"""Writes tests/fuzz/corpus: small inputs for each fuzz target, all made here. A name that begins with "valid" must be accepted.

python tools/fuzz/make_seeds.py        (needs nothing but tests/oracle)
"""
import base64
import gzip
import json
import pathlib
import shutil
import struct
import sys
import zlib

TESTS = pathlib.Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS.parent / "tools" / "oracle"))
import charsmap  # noqa: E402

CORPUS = TESTS / "fuzz" / "corpus"
PART = b"\x1e"


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def text_of(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def safetensors():
    def file(header, size):
        header = header.encode()
        return struct.pack("<Q", len(header)) + header + bytes(range(size))

    entry = '"%s":{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}'
    two = "{" + entry % ("a", "F32", "[2]", 0, 8) + "," + entry % ("b", "U8", "[2,2]", 8, 12) + "}"
    put("safetensors", "valid_two", file(two, 12))
    put("safetensors", "valid_metadata", file('{"__metadata__":{"format":"pt"},' + two[1:], 12))
    put("safetensors", "valid_none", file("{}", 0))
    for name in ("every_dtype", "odd_shapes"):
        shutil.copy(TESTS / f"oracle/safetensors/{name}.safetensors", CORPUS / "safetensors" / f"valid_{name}")
    put("safetensors", "overlap", file("{" + entry % ("a", "F32", "[2]", 0, 8) + "," + entry % ("b", "U8", "[4]", 6, 10) + "}", 10))
    put("safetensors", "huge", file("{" + entry % ("a", "I64", "[4611686018427387904,4]", 0, 8) + "}", 8))
    put("safetensors", "long_header", struct.pack("<Q", 1 << 60) + b"{}")


def index():
    good = {"a": "1.safetensors", "b": "1.safetensors", "c": "2.safetensors"}
    put("index", "valid", text_of({"metadata": {"total_size": 24}, "weight_map": good}))
    put("index", "valid_one_shard", text_of({"weight_map": {"c": "2.safetensors"}}))
    put("index", "wrong_shard", text_of({"weight_map": {**good, "c": "1.safetensors"}}))
    put("index", "outside", text_of({"weight_map": {**good, "c": "../2.safetensors"}}))
    put("index", "itself", text_of({"weight_map": {"c": "model.safetensors.index.json"}}))


def stored_zip(entries):
    file, directory = b"", b""
    for name, data in entries:
        name, at, crc = name.encode(), len(file), zlib.crc32(data)
        sizes = struct.pack("<III", crc, len(data), len(data))
        file += b"PK\3\4" + struct.pack("<HHHI", 20, 0, 0, 0) + sizes + struct.pack("<HH", len(name), 0) + name + data
        directory += (b"PK\1\2" + struct.pack("<HHHHI", 20, 20, 0, 0, 0) + sizes
                      + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, at) + name)
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(file), 0)
    return file + directory + b"PK\5\6" + end


def torch_file():
    storage = b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\x08tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0K\2K\4\x86K\1K\2\x86\x89}tR"
    pickle = b"\x80\2}X\1\0\0\0w" + tensor + b"s."
    put("torch_file", "valid_tiny", stored_zip([("a/data.pkl", pickle), ("a/data/0", bytes(32))]))
    nested = b"\x80\2}(X\5\0\0\0epochK\3X\5\0\0\0model}X\1\0\0\0w" + tensor + b"su."
    put("torch_file", "valid_nested", stored_zip([("a/data.pkl", nested), ("a/data/0", bytes(32))]))
    for name in ("module", "module_protocol_4", "every_dtype_legacy", "views_legacy", "tied"):
        shutil.copy(TESTS / f"oracle/torch_files/{name}.bin", CORPUS / "torch_file" / f"valid_{name}")
    put("torch_file", "program", stored_zip([("a/data.pkl", b"\x80\2cos\nsystem\nX\4\0\0\0true\x85R.")]))
    put("torch_file", "itself", stored_zip([("a/data.pkl", b"\x80\2}q\0X\5\0\0\0modelh\0s.")]))
    put("torch_file", "outside", stored_zip([("a/data.pkl", pickle.replace(b"K\2K\4\x86K\1", b"K\2K\4\x86K\7")), ("a/data/0", bytes(32))]))


def images():
    files = {path.name: path.read_bytes() for path in (TESTS / "oracle/pictures").iterdir()}
    for name, data in files.items():
        if name.endswith(("png", "jpg", "ppm", "pgm", "pbm")):
            put("image", f"valid_{name}", data)
        elif name.endswith(".json") and name != "pictures.json":
            put("image", f"valid_processed_{name[:-5]}", files[name] + PART + files["rgb.png"])
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = zlib.compress(b"".join(bytes([0, i, i * 9 % 256, 255 - i]) for i in range(8)))
    png = lambda depth, color, interlace, data, more=b"", wide=3: (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", wide, 8, depth, color, 0, 0, interlace))
        + more + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    turned = b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"
    put("image", "valid_turned_here.png", png(8, 0, 0, rows, chunk(b"eXIf", turned)))
    put("image", "valid_exif_beyond.png", png(8, 0, 0, rows, chunk(b"eXIf", turned.replace(b"\x08\0\0\0", b"\xff\xff\xff\xff", 1))))
    put("image", "interlaced_short.png", png(8, 0, 1, rows))
    put("image", "no_palette.png", png(8, 3, 0, rows))
    put("image", "enormous.png", png(16, 6, 0, rows, wide=1 << 30))
    put("image", "cut.jpg", files["progressive.jpg"][:-40])
    put("image", "scans.jpg", files["progressive.jpg"][:-2] * 3)
    put("image", "enormous.ppm", b"P6 99999999 99999999 255\n")
    put("image", "unknown_field", text_of({"do_pad": True, "size": {"height": 1 << 40}}).encode() + PART + files["text.pgm"])
    put("image", "other.gif", b"GIF89a\1\0\1\0")
    idx = lambda *shape: bytes([0, 0, 8, len(shape)]) + b"".join(struct.pack(">I", side) for side in shape)
    two = idx(2, 2, 3) + b"abcdefghijkl"
    put("image_set", "valid_idx", b"i" + PART + two + PART + idx(2) + b"\1\0")
    put("image_set", "valid_colours", b"i" + PART + idx(1, 1, 2, 3) + b"abcdef")
    put("image_set", "valid_gzip", b"i" + PART + gzip.compress(two, mtime=0) + PART + gzip.compress(idx(2) + b"\1\0", mtime=0))
    put("image_set", "valid_none", b"i" + PART + idx(0, 2, 2))
    put("image_set", "short", b"i" + PART + two[:-1])
    put("image_set", "huge", b"i" + PART + idx(*[0xFFFFFFFF] * 4) + b"a")
    put("image_set", "bomb", b"i" + PART + gzip.compress(bytes(1 << 21), mtime=0))
    put("image_set", "labels", b"i" + PART + two + PART + idx(3) + b"\1\0\2")
    put("image_set", "valid_cifar", b"c" + PART + b"\7" + b"abc" * 1024)
    put("image_set", "valid_cifar_100", b"c" + PART + b"\1\x63" + b"abc" * 1024)
    put("image_set", "valid_cifar_gzip", b"c" + PART + gzip.compress(b"\7" + b"abc" * 1024, mtime=0) + PART + b"\n".join(b"abcdefghij"[i:i + 1] for i in range(10)))
    put("image_set", "cifar_label", b"c" + PART + b"\x0a" + b"abc" * 1024)
    put("image_set", "cifar_names", b"c" + PART + b"\7" + b"abc" * 1024 + PART + b"a\nb\n")


def tables():
    put("table", "valid_tsv", b"" + PART + "text\tlabel\none\ta\ntwö\tb\n\nthree\ta\n".encode())
    put("table", "valid_csv", b"c" + PART + b'text,label\r\n"one, ""1""\r\nand more",a\r\ntwo,b\r\n')
    put("table", "valid_no_header", b"hc" + PART + b"1,2,3\n4,5,6\n")
    put("table", "valid_short_rows", b"ds" + PART + b"a\tb\n1\t2\t3\n4\n5\t6\n")
    put("table", "open_quote", b"c" + PART + b'a,b\n"1,2\n3,4\n')
    put("table", "utf16", b"" + PART + "a\tb\n".encode("utf-16"))
    put("table", "not_utf8", b"q" + PART + b"a\tb\n\xff\xfe\xc3\t\xe2\x82\n")
    put("json_rows", "valid", '{"text":"one","label":1,"spans":[{"start":0,"end":1,"label":"X"}]}\n{"text":"tw\\u00f6","label":null}\n')
    put("json_rows", "valid_types", '{"a":1.5,"b":true,"c":[1,2],"d":{"e":"f"}}\r\n\n{"a":-3e10}\n')
    put("json_rows", "list", '[{"text":"one"}]')
    put("json_rows", "deep", "[" * 300)
    put("json_rows", "surrogate", '{"a":"\\ud800"}\n')
    put("conll", "valid", "-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\nrejects VBZ I-VP O\n\nPeter NNP I-NP B-PER\n")
    put("conll", "valid_tabs", "1\tEin Wort\tB-X\n2\tzwei\tO\r\n\r\n1\tdrei\tO")
    put("conll", "ragged", "a O\nb\n")
    answer = lambda text, start: {"text": text, "answer_start": start}
    asked = lambda name, answers, **more: {"id": name, "question": "Wer?", "answers": answers, **more}
    squad = lambda *qas: text_of({"version": "v2.0", "data": [{"title": "T", "paragraphs": [
        {"context": "Größe: 12 m. Zoë misst.", "qas": list(qas)}]}]})
    put("squad_file", "valid", squad(asked("a", [answer("Zoë", 13), answer("misst.", 17)]),
                                     asked("b", [], is_impossible=True, plausible_answers=[answer("12 m", 7)])))
    put("squad_file", "valid_unlabelled", squad({"id": "a", "question": "Wer?"}))
    put("squad_file", "outside", squad(asked("a", [answer("Zoë", 1 << 62), answer("Zoë", -1), answer("misst.", 18)])))
    put("squad_file", "elsewhere", squad(asked("a", [answer("Zoë", 12)]), asked("a", [])))
    put("squad_file", "types", squad(asked(7, "Zoë")))


def wordpiece(**more):
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "caf", "##e", "##s", "中", "a", "text", "."]
    ids = {token: i for i, token in enumerate(vocabulary)}
    special = lambda token: {"id": ids[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False,
                             "normalized": False, "special": True}
    one = lambda token: {"SpecialToken": {"id": token, "type_id": 0}}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special(token) for token in vocabulary[:5]],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                       "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [one("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, one("[SEP]")],
            "pair": [one("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, one("[SEP]"), {"Sequence": {"id": "B", "type_id": 1}},
                     one("[SEP]")],
            "special_tokens": {token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in ("[CLS]", "[SEP]")}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                  "vocab": ids},
        **more,
    }


def tokenizers():
    text = "The cafés 中文 [MASK] a\u0301text.".encode()
    put("tokenizer", "valid", text_of(wordpiece()).encode() + PART + text)
    put("tokenizer", "valid_sequence", text_of(wordpiece(
        normalizer={"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}]},
        pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}]})).encode() + PART + text)
    put("tokenizer", "valid_bert_processing", text_of(wordpiece(
        post_processor={"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]})).encode() + PART + text)
    put("tokenizer", "other_model", text_of(wordpiece(model={"type": "BPE", "vocab": {}, "merges": []})))
    put("tokenizer", "not_json", "{")
    words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncaf\n##e\n##s\n中\na\ntext\n"
    put("vocab", "valid", words.encode() + PART + PART + PART + text)
    put("vocab", "valid_settings", words.encode() + PART + text_of({
        "do_lower_case": False, "strip_accents": True, "model_max_length": 512, "unk_token": "[UNK]",
        "added_tokens_decoder": {"4": {"content": "[MASK]", "lstrip": True, "special": True}}}).encode() + PART +
        text_of({"pad_token": "[PAD]", "mask_token": {"content": "[MASK]"}}).encode() + PART + text)
    put("vocab", "twice", b"[UNK]\na\na\n" + PART + PART + PART + text)


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def bpe(**more):
    letters = [chr(c) for c in [*range(33, 48), *range(97, 123), 84, 0xC3, 0xA9, 0xE4, 0xB8, 0x120, 0x143]]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *letters, "th", "the", "\u0120the", "ca", "\u00c3\u00a9"]
    merges = ["t h", "th e", "\u0120 the", "c a", "\u00c3 \u00a9"]
    special = lambda i: {"id": i, "content": tokens[i], "single_word": False, "lstrip": i == 4, "rstrip": False,
                         "normalized": False, "special": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    return tokens, merges, {
        "version": "1.0", "added_tokens": [special(i) for i in range(5)], "normalizer": None, "pre_tokenizer": byte_level,
        "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True,
                           "add_prefix_space": True},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": {token: i for i, token in enumerate(tokens)}, "merges": merges, **more}}


def byte_pairs():
    text = "The caf\u00e9s  don't <mask> \u4e2d\u6587 the".encode()
    tokens, merges, file = bpe()
    put("tokenizer", "valid_bpe", text_of(file).encode() + PART + text)
    words = [token.replace("\u0120", "") + "</w>" for token in tokens if token.isascii()]
    clip = bpe(unk_token="<unk>", end_of_word_suffix="</w>", fuse_unk=True, merges=[["t", "h"], ["th", "e</w>"]])[2]
    clip["model"]["vocab"] |= {token: len(tokens) + i for i, token in enumerate(dict.fromkeys(words))}
    clip["normalizer"] = {"type": "Sequence", "normalizers": [
        {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}, {"type": "Lowercase"}]}
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    clip["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed", "invert": True},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]}
    put("tokenizer", "valid_clip", text_of(clip).encode() + PART + text)
    put("tokenizer", "bpe_merges", text_of(bpe(merges=["t h", "x y z", 3])[2]).encode() + PART + text)
    old = lambda merges: text_of({token: i for i, token in enumerate(tokens)}).encode() + b"\x1d" + merges.encode()
    good = old("#version: 0.2\n" + "\n".join(merges) + "\n")
    put("vocab", "valid_roberta", good + PART + PART + PART + text)
    put("vocab", "valid_bart", good + PART + text_of({"tokenizer_class": "BartTokenizer", "add_prefix_space": True}).encode() + PART +
        text_of({"mask_token": {"content": "<mask>", "lstrip": True, "rstrip": True}}).encode() + PART + text)
    put("vocab", "merges_broken", old("#version: 0.2\nt h e\n") + PART + PART + PART + text)
    put("vocab", "no_merges", b'{"a":0}' + PART + text_of({"tokenizer_class": "CLIPTokenizer"}).encode() + PART + PART + text)


def unigrams():
    text = "The caf\u00e9s  ``don't'' \ufb01\u0301 [MASK] <extra_id_0> \u4e2d\u6587".encode()
    mapped = charsmap.build({"\ufb01": "fi", "\t": " ", "\u200b": "", "e\u0301": "\u00e9", "\u00bd": "1\u20442"})
    words = ["\u2581", "\u2581the", "\u2581The", "s", "t", "\u2581ca", "f", "\u00e9", "fi", "don", "a", "e"]
    vocab = [(word, -1.5 - i / 4) for i, word in enumerate(words)]
    roles = {"t5": ["<pad>", "</s>", "<unk>"], "albert": ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", "("],
             "xlnet": ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>"]}
    field = lambda number, data: bytes([number << 3 | 2]) + varint(len(data)) + data
    for k, (name, special) in enumerate(roles.items()):
        pieces = [(t, 0.0, 2 if t == "<unk>" else 4 if t == "(" else 3) for t in special] + [(t, s, 1) for t, s in vocab]
        model = b"".join(field(1, field(1, t.encode()) + b"\x15" + struct.pack("<f", s) + b"\x18" + bytes([k])) for t, s, k in pieces)
        model += field(2, b"\x18\x01\xc0\x02" + bytes([special.index("<unk>")])) + field(3, field(2, mapped))
        padded = text + b" " * ((k - len(text)) % 4)
        put("spiece", f"valid_{name}", struct.pack("<I", len(padded)) + padded + model)
    put("spiece", "bpe", struct.pack("<I", 0) + b"\x0a\x03\x0a\x01a\x12\x02\x18\x02")
    put("spiece", "open", struct.pack("<I", 0) + b"\x0a\x7f\x0a\x01a")
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True}
    file = wordpiece(
        normalizer={"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(mapped).decode()},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
        pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        decoder={"type": "Sequence", "decoders": [metaspace, {"type": "ByteFallback"}, {"type": "Fuse"},
                                                  {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        post_processor=None, added_tokens=[],
        model={"type": "Unigram", "unk_id": 0, "byte_fallback": True, "vocab": [["<unk>", 0], ["<0xE4>", -9], *vocab]})
    put("tokenizer", "valid_unigram", text_of(file).encode() + PART + text)
    put("tokenizer", "unigram_scores", text_of(wordpiece(model={"type": "Unigram", "unk_id": 9, "vocab": [["a", 1], ["b"]]})))


def models():
    bert = {"model_type": "bert", "vocab_size": 30, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3,
            "intermediate_size": 25, "max_position_embeddings": 16, "type_vocab_size": 2, "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "layer_norm_eps": 1e-12}
    put("config", "valid", text_of(bert))
    put("config", "valid_classes", text_of({**bert, "architectures": ["BertForSequenceClassification"],
                                            "id2label": {"0": "no", "1": "yes"}, "label2id": {"no": 0, "yes": 1},
                                            "problem_type": "single_label_classification"}))
    put("config", "valid_ours", text_of({**bert, "espalier": {"head": "embed", "pooling": "mean"}}))
    put("config", "decoder", text_of({**bert, "is_decoder": True, "hidden_size": 13}))
    put("config", "huge", text_of({**bert, "num_hidden_layers": 1 << 40, "vocab_size": -1}))
    put("config", "roberta", text_of({**bert, "model_type": "roberta", "type_vocab_size": 1, "pad_token_id": 1}))
    put("config", "roberta_no_positions", text_of({**bert, "model_type": "roberta", "max_position_embeddings": 2}))
    put("config", "distilbert", text_of({"model_type": "distilbert", "vocab_size": 30, "dim": 12, "n_layers": 2, "n_heads": 3,
                                         "hidden_dim": 25, "max_position_embeddings": 16, "activation": "gelu"}))
    put("config", "electra", text_of({**bert, "model_type": "electra", "embedding_size": 8,
                                      "architectures": ["ElectraForMaskedLM"]}))
    albert = {**bert, "model_type": "albert", "embedding_size": 8, "num_hidden_layers": 3, "num_hidden_groups": 2}
    put("config", "albert", text_of({**albert, "architectures": ["AlbertForTokenClassification"]}))
    put("config", "albert_groups", text_of({**albert, "num_hidden_groups": 7, "inner_group_num": 0}))
    put("config", "other", text_of({"model_type": "gpt5"}))
    lora = {"peft_type": "LORA", "task_type": "SEQ_CLS", "r": 2, "lora_alpha": 2, "lora_dropout": 0.0, "bias": "none",
            "target_modules": ["query", "value"], "modules_to_save": ["classifier"], "use_rslora": False,
            "rank_pattern": {}, "alpha_pattern": {}, "inference_mode": True}
    put("adapter", "valid", text_of(lora))
    put("adapter", "valid_patterns", text_of({**lora, "alpha_pattern": {"encoder.layer.0.attention.self.query": 4}}))
    put("adapter", "dora", text_of({**lora, "use_dora": True}))
    put("adapter", "pissa", text_of({**lora, "init_lora_weights": "pissa", "r": 0}))
    put("adapter", "pattern", text_of({**lora, "alpha_pattern": {"(": 4}}))


def runs():
    state = {"format_version": 1, "step": 1, "epoch": 0, "position": 1, "examples": 8, "tokens": 64, "best_step": 1,
             "best_value": 0.5, "evaluated_step": 1, "seed": 1, "plan": "", "callbacks": {"early_stopping": {"waited": 0.0}}}
    put("checkpoint", "valid", text_of(state))
    put("checkpoint", "version", text_of({**state, "format_version": 2}))
    put("checkpoint", "types", text_of({**state, "seed": "one", "callbacks": {"a": {"b": "c"}}}))
    put("checkpoint", "manifest", text_of(state).encode() + PART + text_of({"state.json": "0"}).encode())
    events = [{"kind": "start", "step": 0, "plan": "x", "from_step": 0},
              {"kind": "step", "step": 1, "epoch": 0, "loss": 0.5, "learning_rate": 1e-4, "examples": 8, "tokens": 64},
              {"kind": "evaluate", "step": 1, "epoch": 0, "split": "dev", "metrics": {"accuracy": 0.5}},
              {"kind": "end", "step": 1, "reason": "done"}]
    lines = "".join(text_of(event) + "\n" for event in events)
    result = {"format_version": 1, "method": "lora", "task": "classify", "model": "m", "seed": 1, "metric": "accuracy",
              "steps": 1, "best_step": 1, "dev": {"accuracy": 0.5}, "test": {},
              "trained_parameters": {"method": 4, "head": 2, "extra": 0, "total": 6}, "total_parameters": 60, "adapter_bytes": 9}
    timing = {"format_version": 1, "seconds": 1.5, "examples_per_second": 9, "peak_rss_bytes": 1}
    join = lambda *texts: PART.join(text.encode() for text in texts)
    put("run_files", "valid", join(lines, text_of(result), text_of(timing)))
    put("run_files", "valid_torn", join(lines + '{"kind":', text_of(result), text_of(timing)))
    put("run_files", "broken_line", join("{\n" + lines, text_of(result), text_of(timing)))
    put("run_files", "types", join(lines, text_of({**result, "seed": "x", "dev": [1], "trained_parameters": 3}), text_of([])))


RECIPE = """seed = 1
[model]
from = "base"
[data]
train = "train.tsv"
text = ["text"]
label = ["label"]
[[method]]
kind = "lora"
rank = 8
[train]
epochs = 3
optimizer = { kind = "adamw", learning_rate = 1e-4 }
schedule = { warmup = "6%" }
"""


def recipes():
    put("recipe", "valid", RECIPE)
    put("recipe", "valid_small", '[model]\nfrom = "m"\n[data]\ntrain = "t.csv"\n[[method]]\nkind = "bitfit"\n')
    put("recipe", "valid_unicode", RECIPE.replace('"text"', '"größe ☃️"') + "# Überraschung\n")
    put("recipe", "unknown_key", RECIPE + "epoch = 3\n")
    put("recipe", "types", RECIPE.replace("rank = 8", 'rank = "8"').replace("epochs = 3", "epochs = -1"))
    put("recipe", "not_toml", "[[[")
    put("recipe", "deep", "a = " + "[" * 300)
    plan = """
[plan]
format_version = 1
model_sha256 = "00"
family = "bert"
head = "classify"
pooling = "pooler"
sites = ["encoder.0.attention.query"]
train_rows = 10
class_counts = [5, 5]
steps = 30
epochs = 3
"""
    put("plan", "valid", RECIPE + plan)
    put("plan", "version", RECIPE + plan.replace("format_version = 1", "format_version = 2"))
    put("plan", "no_facts", RECIPE)


for make in (safetensors, index, torch_file, images, tables, tokenizers, byte_pairs, unigrams, models, runs, recipes):
    make()
print(f"{sum(1 for path in CORPUS.rglob('*') if path.is_file())} inputs in {CORPUS.relative_to(TESTS.parent)}")
