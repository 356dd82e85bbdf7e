"""Writes tests/oracle/{vit,deit}: small configurations of `transformers` in double precision, run on random pictures.

  python tools/oracle/make_picture_models.py [FOLDER]

FOLDER holds one folder a family. Each case: pictures, weights, hidden states, logits, loss, and the loss's gradient of every weight
it reaches. The odd ones: one patch, patches and pictures that are not square, one channel, queries without biases, pictures of
other sizes (positions interpolated), pictures whose last rows no patch holds.
"""

import os

import fixture
import picture_rows as rows


def sizes(hidden, heads, ffn, layers, image, patch, **more):
    return {
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "intermediate_size": ffn,
        "num_hidden_layers": layers,
        "image_size": image,
        "patch_size": patch,
        **more,
    }


# case: head, labels, sizes, pictures, their size where it is not the model's own
CASES = {
    "sequence": ("sequence", 3, sizes(9, 3, 14, 2, 6, 2), 3, None),
    "one_patch": ("sequence", 2, sizes(8, 2, 9, 1, 3, 3), 4, None),
    "one_channel": ("sequence", 4, sizes(6, 6, 11, 2, 6, 3, num_channels=1), 2, None),
    "oblong": ("sequence", 2, sizes(6, 2, 7, 2, [4, 9], [2, 3]), 2, None),
    "no_query_bias": ("sequence", 3, sizes(8, 1, 12, 1, 4, 2, qkv_bias=False), 2, None),
    "relu_wide_eps": ("sequence", 2, sizes(6, 3, 8, 3, 4, 2, hidden_act="relu", layer_norm_eps=1e-3), 2, None),
    "larger": ("sequence", 2, sizes(8, 2, 9, 2, 6, 2), 2, (10, 10)),
    "smaller": ("sequence", 2, sizes(6, 2, 9, 1, 8, 2), 2, (4, 4)),
    "larger_oblong": ("sequence", 2, sizes(6, 1, 7, 1, 6, 3), 2, (6, 12)),
    "remainder": ("sequence", 2, sizes(6, 2, 8, 1, 6, 2), 2, (9, 7)),
    "same_grid_larger": ("sequence", 2, sizes(6, 2, 8, 1, 6, 3), 2, (8, 8)),
    "regression": ("regression", 1, sizes(8, 1, 12, 1, 4, 2), 3, None),
    "multi_label": ("multi_label", 4, sizes(6, 2, 8, 1, 4, 2), 3, None),
}
TEACHERS = {
    "teacher": ("teacher", 3, sizes(8, 2, 11, 2, 6, 2), 3, None),
    "teacher_larger": ("teacher", 2, sizes(6, 3, 9, 1, 4, 2), 2, (6, 8)),
}


def main():
    folder = fixture.folder_argument("")
    for family in ("vit", "deit"):
        cases = {**CASES, **TEACHERS} if family == "deit" else CASES
        for seed, (case, (head, labels, options, count, size)) in enumerate(cases.items(), start=1):
            config = rows.configuration(labels, family, **options)
            model = rows.build(head, config, seed)
            inputs = rows.draw(config, count, size, seed)
            inputs["labels"] = rows.draw_labels(head, config, inputs, seed)
            outputs = rows.run(model, head, inputs)
            outputs["loss"] = rows.loss(head, outputs, inputs["labels"])
            outputs["loss"].backward()
            fixture.save(
                os.path.join(folder, family),
                case,
                {**inputs, **rows.in_file(dict(model.named_parameters())), **outputs, **rows.in_file(rows.gradients(model))},
                head=head,
                num_labels=labels,
                seed=seed,
                config=rows.config_of(model),
                no_gradient=list(rows.in_file(dict.fromkeys(rows.untouched(model)))),
                notes="evaluation mode; weights under the names of save_pretrained's files",
            )


if __name__ == "__main__":
    main()
