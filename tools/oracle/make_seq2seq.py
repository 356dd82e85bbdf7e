"""Writes tests/oracle/{t5,bart,mbart} and generate/{t5,bart}: small configurations of `transformers` in double precision.

  python tools/oracle/make_seq2seq.py [FOLDER]

FOLDER holds one folder a family. Each case: inputs, weights, the rows of every block, logits (or embedding), loss, and the loss's
gradient of every weight it reaches; of generate the weights, and what `generate` writes from each source. More configurations are run by tools/parity/seq2seq_parity.py.
"""

import os

import fixture
import generate_rows
import seq2seq_rows as rows


def t5(width, heads, head_width, inner, layers, decoder_layers=None, **more):
    return {
        "vocab_size": 18,
        "d_model": width,
        "num_heads": heads,
        "d_kv": head_width,
        "d_ff": inner,
        "num_layers": layers,
        "num_decoder_layers": decoder_layers,
        "relative_attention_num_buckets": 8,
        "relative_attention_max_distance": 10,
        **more,
    }


def bart(width, heads, inner, layers, decoder=None, **more):
    """`decoder`: its heads, inner width and layers where they differ."""
    theirs = decoder or (heads, inner, layers)
    return {
        "vocab_size": 18,
        "d_model": width,
        "encoder_attention_heads": heads,
        "encoder_ffn_dim": inner,
        "encoder_layers": layers,
        "decoder_attention_heads": theirs[0],
        "decoder_ffn_dim": theirs[1],
        "decoder_layers": theirs[2],
        "max_position_embeddings": 12,
        **more,
    }


# family, case: head, labels, sizes, lengths, lengths of targets, untied
CASES = {
    "t5": {
        "seq2seq": ("seq2seq", 2, t5(8, 2, 3, 11, 2), [5, 3, 12, 1], [4, 2, 9, 1], False),
        "seq2seq_gated_untied": (
            "seq2seq",
            2,
            t5(6, 3, 4, 7, 1, 2, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
            [7, 2, 2],
            [1, 6, 6],
            True,
        ),
        "seq2seq_tied_unscaled": (
            "seq2seq",
            2,
            t5(6, 1, 6, 5, 1, feed_forward_proj="gated-silu", tie_word_embeddings=False, layer_norm_epsilon=1e-3),
            [1, 4],
            [3, 1],
            False,
        ),
        "sequence": ("sequence", 3, t5(6, 2, 2, 9, 1), [5, 5, 1], [], False),
        "embed": ("embed", 2, t5(8, 2, 4, 9, 2, feed_forward_proj="gated-gelu"), [6, 1, 3], [], False),
    },
    "bart": {
        "seq2seq": ("seq2seq", 2, bart(6, 2, 7, 2), [5, 3, 12, 1], [4, 2, 9, 1], False),
        "seq2seq_scaled_uneven": (
            "seq2seq",
            2,
            bart(6, 3, 7, 1, (1, 9, 2), scale_embedding=True, activation_function="relu"),
            [7, 2, 2],
            [1, 12, 12],
            False,
        ),
        "sequence": ("sequence", 3, bart(6, 2, 9, 1), [5, 5, 1], [], False),
        "embed": ("embed", 2, bart(8, 4, 9, 1), [6, 1, 3], [], False),
    },
    "mbart": {
        "seq2seq": ("seq2seq", 2, bart(8, 2, 9, 1, scale_embedding=True), [5, 3, 12, 1], [4, 2, 9, 1], False),
        "seq2seq_uneven": (
            "seq2seq",
            2,
            bart(6, 1, 7, 2, (3, 5, 1), activation_function="gelu_new"),
            [2, 2, 4],
            [3, 3, 1],
            False,
        ),
        "sequence": ("sequence", 2, bart(6, 2, 7, 1), [4, 1, 6], [], False),
    },
}


def main():
    folder = fixture.folder_argument("")
    for family, cases in CASES.items():
        for seed, (case, (head, labels, sizes, lengths, targets, untied)) in enumerate(cases.items(), start=1):
            config = rows.configuration(family, labels, **sizes)
            model = rows.build(head, config, seed, untied=untied)
            inputs = rows.draw(head, config, lengths, targets, seed)
            if head != "seq2seq":
                inputs["labels"] = rows.draw_labels(head, config, inputs, seed)
            outputs = rows.run(model, head, inputs)
            outputs["loss"] = rows.loss(head, outputs, inputs["labels"])
            outputs["loss"].backward()
            fixture.save(
                os.path.join(folder, family),
                case,
                {**inputs, **rows.weights(model), **outputs, **rows.gradients(model)},
                head=head,
                num_labels=labels,
                seed=seed,
                config=rows.config_of(model),
                notes="rows packed, each example run alone; evaluation mode, eager attention; tied weights are stored once",
            )
    for family, sizes in {"t5": t5(8, 2, 4, 11, 1, feed_forward_proj="gated-gelu"), "bart": bart(8, 2, 9, 1)}.items():
        config = rows.configuration(family, 2, **sizes)
        model = rows.writer(config, 3)
        inputs = rows.draw("seq2seq", config, [5, 1, 9], [1, 1, 1], 3)
        sources = [ids.tolist() for ids in rows.split(inputs["ids"], inputs["lengths"])]
        runs = [{**options, "ends": [rows.EOS[family]]} for options in generate_rows.OPTIONS]
        fixture.save(
            os.path.join(folder, "generate"),
            family,
            rows.weights(model),
            seed=3,
            config=rows.config_of(model),
            prompts=sources,
            runs=[{"options": options, "new": rows.generate(model, sources, options)} for options in runs],
            notes="each source alone, in evaluation mode; new: the pieces behind the start, the end among them",
        )


if __name__ == "__main__":
    main()
