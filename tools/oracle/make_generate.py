"""Writes tests/oracle/generate: what transformers' generate writes with small random decoders, greedily and by beam search.

  python tools/oracle/make_generate.py [FOLDER]

Each case holds the weights; its .json the prompts, and for each set of options the new ids of each prompt.
"""

import bert_rows
import decoder_rows
import fixture
import generate_rows

CASES = {
    "gpt2": ("gpt2", {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 12, "num_hidden_layers": 2}),
    "gpt2_two_ends": ("gpt2", {"hidden_size": 8, "num_attention_heads": 4, "intermediate_size": 9, "num_hidden_layers": 1}),
    "llama": (
        "llama",
        {"hidden_size": 8, "num_attention_heads": 4, "intermediate_size": 12, "num_hidden_layers": 2, "num_key_value_heads": 2},
    ),
}


def main():
    folder = fixture.folder_argument("generate")
    for seed, (case, (family, sizes)) in enumerate(CASES.items(), start=1):
        config = decoder_rows.configuration(2, family, vocab_size=24, max_position_embeddings=32, **sizes)
        model = generate_rows.build(config, seed)
        prompts = generate_rows.draw_prompts(config, [1, 4, 7, 4], seed)
        ends = [2, 3] if case == "gpt2_two_ends" else [2]
        runs = []
        for options in generate_rows.OPTIONS:
            options = {**options, "ends": ends}
            if len(ends) > 1 and "candidates" in options:
                options["candidates"] = [[i for i in candidate if i not in ends] for candidate in options["candidates"]]
            runs.append({"options": options, "new": generate_rows.generate(model, prompts, options)})
        fixture.save(
            folder,
            case,
            dict(model.named_parameters()),
            head="causal_lm",
            num_labels=2,
            seed=seed,
            config=bert_rows.config_of(model),
            prompts=prompts,
            runs=runs,
        )


if __name__ == "__main__":
    main()
