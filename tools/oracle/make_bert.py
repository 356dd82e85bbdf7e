"""Writes tests/oracle/bert: small BERT configurations of `transformers` in double precision, odd ones among them.

  python tools/oracle/make_bert.py [FOLDER]

Each case: inputs, weights, hidden states, logits (or embedding), loss, and the loss's gradient of every weight it reaches.
"""

import bert_rows
import fixture

COMMON = {"vocab_size": 40, "max_position_embeddings": 12}


def sizes(hidden, heads, ffn, layers, types=2, **more):
    return {
        **COMMON,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "intermediate_size": ffn,
        "num_hidden_layers": layers,
        "type_vocab_size": types,
        **more,
    }


# case: head, labels, sizes, lengths, pooling
CASES = {
    "sequence_two_layers": ("sequence", 2, sizes(12, 3, 20, 2), [5, 3, 7, 1], "pooler"),
    "sequence_one_head": ("sequence", 3, sizes(12, 1, 16, 1), [4, 9, 2], "pooler"),
    "sequence_odd_head_size": ("sequence", 5, sizes(20, 4, 17, 1), [6, 6, 3, 11], "pooler"),
    "sequence_head_of_one": ("sequence", 2, sizes(8, 8, 9, 2), [2, 5, 5], "pooler"),
    "sequence_length_one": ("sequence", 3, sizes(6, 2, 7, 1), [1], "pooler"),
    "sequence_longest": ("sequence", 2, sizes(8, 2, 12, 1, max_position_embeddings=16), [16, 16, 1], "pooler"),
    "sequence_gelu_new_no_types": ("sequence", 2, sizes(12, 4, 24, 1, types=1, hidden_act="gelu_new"), [3, 8], "pooler"),
    "sequence_relu_wide_eps": ("sequence", 3, sizes(6, 3, 11, 3, hidden_act="relu", layer_norm_eps=1e-3), [7, 2, 4], "pooler"),
    "sequence_mean": ("sequence", 3, sizes(12, 2, 15, 1), [4, 1, 6], "mean"),
    "sequence_max": ("sequence", 2, sizes(8, 2, 13, 1), [5, 3, 8], "max"),
    "sequence_first": ("sequence", 2, sizes(8, 4, 10, 1), [5, 1, 2], "first"),
    "regression": ("regression", 1, sizes(8, 1, 12, 2, layer_norm_eps=1e-5), [4, 4, 9, 2, 1], "pooler"),
    "multi_label": ("multi_label", 4, sizes(6, 1, 8, 1), [3, 5, 2], "pooler"),
    "tokens": ("tokens", 5, sizes(12, 2, 14, 2), [6, 2, 9], "none"),
    "tokens_relu_no_types": ("tokens", 3, sizes(20, 2, 12, 1, types=1, hidden_act="relu"), [12, 1, 5], "none"),
    "mlm": ("mlm", 2, sizes(12, 3, 16, 1), [6, 10, 3], "none"),
    "mlm_gelu_new": ("mlm", 2, sizes(8, 1, 11, 2, hidden_act="gelu_new", layer_norm_eps=1e-6), [1, 7], "none"),
    "embed": ("embed", 2, sizes(12, 4, 18, 1), [8, 1, 4, 4], "mean"),
    "embed_no_types": ("embed", 2, sizes(6, 1, 10, 2, types=1), [3, 12], "mean"),
}


def main():
    folder = fixture.folder_argument("bert")
    notes = "rows packed, each example run alone; evaluation mode, eager attention; tied weights are stored once"
    for seed, (case, (head, labels, options, lengths, pooling)) in enumerate(CASES.items(), start=1):
        config = bert_rows.configuration(labels, **options)
        bert_rows.save_case(bert_rows, folder, case, seed, head, labels, config, lengths, pooling, notes)


if __name__ == "__main__":
    main()
