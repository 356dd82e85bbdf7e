"""Writes tests/oracle/{roberta,distilbert,electra,albert}: small configurations of `transformers` in double precision.

  python tools/oracle/make_encoders.py [FOLDER]

FOLDER holds one folder a family. Each case: inputs, weights, hidden states, logits (or embedding), loss, and the loss's gradient
of every weight it reaches. The odd ones: heads of one number, one text of one piece, the longest text, other activations and
epsilons, one segment or two, projected embeddings or none, blocks shared in groups of several.
"""

import os

import bert_rows
import fixture

COMMON = {"vocab_size": 24, "max_position_embeddings": 12}


def sizes(hidden, heads, ffn, layers, **more):
    return {
        **COMMON,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "intermediate_size": ffn,
        "num_hidden_layers": layers,
        **more,
    }


# family, case: head, labels, sizes, lengths, pooling
CASES = {
    "roberta": {
        "sequence": ("sequence", 3, sizes(12, 3, 20, 2, type_vocab_size=1), [5, 3, 7, 1], "pooler"),
        "sequence_longest": ("sequence", 2, sizes(8, 2, 9, 1, type_vocab_size=1), [10, 10, 1], "pooler"),
        "sequence_two_segments": ("sequence", 2, sizes(6, 6, 11, 2, type_vocab_size=2), [2, 6], "pooler"),
        "sequence_other_padding": ("sequence", 4, sizes(10, 2, 7, 1, type_vocab_size=1, pad_token_id=4), [7, 1, 3], "pooler"),
        "sequence_padding_zero": ("sequence", 2, sizes(9, 3, 8, 1, type_vocab_size=1, pad_token_id=0), [11, 2], "pooler"),
        "sequence_relu_wide_eps": (
            "sequence", 2, sizes(6, 1, 13, 3, type_vocab_size=1, hidden_act="relu", layer_norm_eps=1e-3), [4, 2, 8], "pooler"
        ),
        "sequence_mean": ("sequence", 3, sizes(8, 2, 11, 1, type_vocab_size=1), [4, 1, 6], "mean"),
        "regression": ("regression", 1, sizes(8, 1, 12, 1, type_vocab_size=1, layer_norm_eps=1e-5), [4, 4, 9, 1], "pooler"),
        "multi_label": ("multi_label", 4, sizes(6, 2, 8, 1, type_vocab_size=1), [3, 5, 2], "pooler"),
        "tokens": ("tokens", 5, sizes(12, 2, 14, 2, type_vocab_size=1), [6, 2, 9], "none"),
        "mlm": ("mlm", 2, sizes(12, 3, 16, 1, type_vocab_size=1), [6, 10, 3], "none"),
        "mlm_relu": ("mlm", 2, sizes(8, 1, 11, 2, type_vocab_size=1, hidden_act="relu", layer_norm_eps=1e-6), [1, 7], "none"),
        "embed": ("embed", 2, sizes(12, 4, 18, 1, type_vocab_size=1), [8, 1, 4, 4], "mean"),
    },
    "distilbert": {
        "sequence": ("sequence", 3, sizes(12, 3, 20, 2), [5, 3, 7, 1], "pooler"),
        "sequence_longest": ("sequence", 2, sizes(8, 2, 9, 1), [12, 12, 1], "pooler"),
        "sequence_length_one": ("sequence", 2, sizes(6, 2, 7, 1), [1], "pooler"),
        "sequence_head_of_one": ("sequence", 2, sizes(6, 6, 11, 2), [2, 6], "pooler"),
        "sequence_relu": ("sequence", 4, sizes(10, 2, 7, 3, hidden_act="relu"), [7, 1, 3], "pooler"),
        "sequence_sinusoidal": ("sequence", 2, sizes(8, 4, 13, 1, sinusoidal_pos_embds=True), [4, 2, 8], "pooler"),
        "sequence_max": ("sequence", 3, sizes(8, 2, 11, 1), [4, 1, 6], "max"),
        "regression": ("regression", 1, sizes(8, 1, 12, 1), [4, 4, 9, 1], "pooler"),
        "multi_label": ("multi_label", 4, sizes(6, 2, 8, 1), [3, 5, 2], "pooler"),
        "tokens": ("tokens", 5, sizes(12, 2, 14, 2), [6, 2, 9], "none"),
        "mlm": ("mlm", 2, sizes(12, 3, 16, 1), [6, 10, 3], "none"),
        "mlm_relu": ("mlm", 2, sizes(8, 1, 11, 2, hidden_act="relu"), [1, 7], "none"),
        "embed": ("embed", 2, sizes(12, 4, 18, 1), [8, 1, 4, 4], "mean"),
    },
    "electra": {
        "sequence": ("sequence", 3, sizes(12, 3, 20, 2, embedding_size=5), [5, 3, 7, 1], "pooler"),
        "sequence_no_projection": ("sequence", 2, sizes(8, 2, 9, 1, embedding_size=8), [12, 12, 1], "pooler"),
        "sequence_wide_tables": ("sequence", 2, sizes(6, 2, 7, 1, embedding_size=11), [1], "pooler"),
        "sequence_no_types": ("sequence", 2, sizes(6, 6, 11, 2, embedding_size=4, type_vocab_size=1), [2, 6], "pooler"),
        "sequence_relu": ("sequence", 4, sizes(10, 2, 7, 3, embedding_size=6, hidden_act="relu"), [7, 1, 3], "pooler"),
        "sequence_wide_eps": ("sequence", 2, sizes(8, 4, 13, 1, embedding_size=6, layer_norm_eps=1e-3), [4, 2, 8], "pooler"),
        "sequence_first": ("sequence", 3, sizes(8, 2, 11, 1, embedding_size=4), [4, 1, 6], "first"),
        "regression": ("regression", 1, sizes(8, 1, 12, 1, embedding_size=8), [4, 4, 9, 1], "pooler"),
        "multi_label": ("multi_label", 4, sizes(6, 2, 8, 1, embedding_size=4), [3, 5, 2], "pooler"),
        "tokens": ("tokens", 5, sizes(12, 2, 14, 2, embedding_size=7), [6, 2, 9], "none"),
        "mlm": ("mlm", 2, sizes(12, 3, 16, 1, embedding_size=5), [6, 10, 3], "none"),
        "mlm_no_projection": ("mlm", 2, sizes(8, 1, 11, 2, embedding_size=8, hidden_act="relu"), [1, 7], "none"),
        "embed": ("embed", 2, sizes(12, 4, 18, 1, embedding_size=6), [8, 1, 4, 4], "mean"),
    },
    "albert": {
        "sequence": ("sequence", 3, sizes(12, 3, 20, 3, embedding_size=5), [5, 3, 7, 1], "pooler"),
        "sequence_two_groups": ("sequence", 2, sizes(8, 2, 9, 5, embedding_size=4, num_hidden_groups=2), [12, 12, 1], "pooler"),
        "sequence_inner": ("sequence", 2, sizes(6, 2, 7, 2, embedding_size=6, inner_group_num=2), [1], "pooler"),
        "sequence_groups_and_inner": (
            "sequence", 2, sizes(6, 6, 11, 3, embedding_size=4, num_hidden_groups=2, inner_group_num=2), [2, 6], "pooler"
        ),
        "sequence_all_groups": ("sequence", 4, sizes(10, 2, 7, 3, embedding_size=6, num_hidden_groups=3), [7, 1, 3], "pooler"),
        "sequence_gelu_no_types": (
            "sequence", 2, sizes(8, 4, 13, 2, embedding_size=6, type_vocab_size=1, hidden_act="gelu"), [4, 2, 8], "pooler"
        ),
        "sequence_one_layer_wide_tables": (
            "sequence", 2, sizes(6, 3, 8, 1, embedding_size=9, layer_norm_eps=1e-3), [3, 6], "pooler"
        ),
        "sequence_mean": ("sequence", 3, sizes(8, 2, 11, 2, embedding_size=4), [4, 1, 6], "mean"),
        "regression": ("regression", 1, sizes(8, 1, 12, 2, embedding_size=8), [4, 4, 9, 1], "pooler"),
        "multi_label": ("multi_label", 4, sizes(6, 2, 8, 2, embedding_size=4), [3, 5, 2], "pooler"),
        "tokens": ("tokens", 5, sizes(12, 2, 14, 4, embedding_size=7, num_hidden_groups=2), [6, 2, 9], "none"),
        "mlm": ("mlm", 2, sizes(12, 3, 16, 2, embedding_size=5), [6, 10, 3], "none"),
        "embed": ("embed", 2, sizes(12, 4, 18, 2, embedding_size=6, hidden_act="relu"), [8, 1, 4, 4], "mean"),
    },
}


def main():
    folder = fixture.folder_argument("")
    notes = "rows packed, each example run alone; evaluation mode, eager attention; tied weights are stored once"
    for family, cases in CASES.items():
        for seed, (case, (head, labels, options, lengths, pooling)) in enumerate(cases.items(), start=1):
            extra = {"classifier_dropout_prob": 0.0} if family == "albert" else {}
            config = bert_rows.configuration(labels, family, **options, **extra)
            there = os.path.join(folder, family)
            bert_rows.save_case(bert_rows, there, case, seed, head, labels, config, lengths, pooling, notes)


if __name__ == "__main__":
    main()
