"""Writes tests/oracle/{gpt2,llama}: small configurations of `transformers` in double precision.

  python tools/oracle/make_decoders.py [FOLDER]

FOLDER holds one folder a family. Each case: inputs, weights, hidden states, logits (or embedding), loss, and the loss's gradient
of every weight it reaches. The odd ones: heads of one number or of a width of their own, one text of one piece, the longest text,
other activations, epsilons, scales and rotary bases, keys shared by all heads or by none, biases, tied and untied output layers.
"""

import os

import bert_rows
import decoder_rows
import fixture


def sizes(hidden, heads, inner, layers, **more):
    return {
        "vocab_size": 24,
        "max_position_embeddings": 12,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        **more,
    }


# family, case: head, labels, sizes, lengths, pooling
CASES = {
    "gpt2": {
        "causal": ("causal_lm", 2, sizes(12, 3, 13, 2), [5, 3, 7, 1], "none"),
        "causal_untied": ("causal_lm", 2, sizes(8, 2, 9, 1, tie_word_embeddings=False), [12, 12, 2], "none"),
        "causal_unscaled_relu": (
            "causal_lm", 2, sizes(6, 6, 11, 1, scale_attn_weights=False, hidden_act="relu"), [2, 6], "none"
        ),
        "causal_scaled_by_layer": (
            "causal_lm", 2, sizes(8, 1, 7, 3, scale_attn_by_inverse_layer_idx=True, norm_eps=1e-3), [7, 1, 3], "none"
        ),
        "sequence": ("sequence", 3, sizes(12, 3, None, 1), [5, 3, 7, 1], "last"),
        "sequence_mean": ("sequence", 3, sizes(8, 2, 11, 1), [4, 1, 6], "mean"),
        "regression": ("regression", 1, sizes(8, 4, 12, 2), [4, 4, 9, 1], "last"),
        "tokens": ("tokens", 5, sizes(6, 2, 14, 1), [6, 2, 9], "none"),
        "embed": ("embed", 2, sizes(8, 4, 18, 1), [8, 1, 4, 4], "last"),
    },
    "llama": {
        "causal": ("causal_lm", 2, sizes(12, 3, 20, 2, num_key_value_heads=1), [5, 3, 7, 1], "none"),
        "causal_tied": (
            "causal_lm", 2, sizes(8, 4, 9, 1, num_key_value_heads=2, tie_word_embeddings=True), [12, 12, 2], "none"
        ),
        "causal_own_width": (
            "causal_lm", 2, sizes(6, 2, 11, 1, num_key_value_heads=2, head_dim=4, hidden_act="gelu"), [2, 6], "none"
        ),
        "causal_biases": (
            "causal_lm", 2, sizes(8, 2, 7, 2, num_key_value_heads=1, attention_bias=True, mlp_bias=True), [7, 1, 3], "none"
        ),
        "causal_other_base": (
            "causal_lm", 2, sizes(8, 2, 7, 2, norm_eps=1e-3, rope_parameters={"rope_type": "default", "rope_theta": 50.0}),
            [9, 4], "none",
        ),
        "sequence": ("sequence", 3, sizes(12, 6, 20, 1, num_key_value_heads=3), [5, 3, 7, 1], "last"),
        "regression": ("regression", 1, sizes(8, 4, 12, 2), [4, 4, 9, 1], "last"),
        "tokens": ("tokens", 5, sizes(8, 2, 14, 1), [6, 2, 9], "none"),
        "embed": ("embed", 2, sizes(8, 2, 18, 1, num_key_value_heads=1), [8, 1, 4, 4], "mean"),
    },
}


def main():
    folder = fixture.folder_argument("")
    for family, cases in CASES.items():
        for seed, (case, (head, labels, options, lengths, pooling)) in enumerate(cases.items(), start=1):
            config = decoder_rows.configuration(labels, family, **options)
            model = decoder_rows.build(head, config, seed)
            inputs = decoder_rows.draw(config, lengths, seed)
            inputs["labels"] = decoder_rows.draw_labels(head, config, inputs, seed)
            outputs = decoder_rows.run(model, head, inputs, pooling)
            outputs["loss"] = decoder_rows.loss(head, outputs, inputs["labels"])
            outputs["loss"].backward()
            if head == "causal_lm":
                decoder_rows.check_shift(model, inputs, outputs["loss"])
            fixture.save(
                os.path.join(folder, family),
                case,
                {**inputs, **dict(model.named_parameters()), **outputs, **bert_rows.gradients(model)},
                head=head,
                pooling=pooling,
                num_labels=labels,
                seed=seed,
                config=bert_rows.config_of(model),
                no_gradient=bert_rows.untouched(model),
                notes="rows packed, each example run alone; evaluation mode; Llama's norm in double; tied weights are stored once",
            )


if __name__ == "__main__":
    main()
