"""What random small decoders write, greedily and by beam search, against `generate` of `transformers`, piece for piece.

  tools/parity/generate_parity.py [--seed S] [--count N] [build/release/tests/parity_generate]

The driver's contract:  parity_generate FOLDER REQUESTS.json OUT.json
FOLDER    a causal language model as save_pretrained writes it
REQUESTS  {"prompts": [[id]], "options": [{...}]}, options in the words of tools/oracle/generate_rows.py
OUT       for each set of options the new ids of each prompt, the end among them
"""

import argparse
import json
import os
import random
import subprocess
import tempfile

import _rows as rows  # first: it puts tools/oracle on the path
import torch

import decoder_rows
import generate_rows


def random_options(chance, vocabulary):
    options = {"max_new": chance.randrange(1, 20), "ends": chance.choice([[2], [2], [2, 3]])}
    if chance.random() < 0.7:
        options["beams"] = chance.randrange(2, 7)
        options["length_penalty"] = chance.choice([1.0, 1.0, 0.0, 2.0, -1.0, 0.6])
        options["early_stopping"] = chance.choice([False, False, True])
    if chance.random() < 0.4:
        options["no_repeat_ngram"] = chance.randrange(1, 4)
    if chance.random() < 0.4:
        options["repetition_penalty"] = chance.choice([0.7, 1.2, 2.0])
    if chance.random() < 0.4:
        options["min_new"] = chance.randrange(1, options["max_new"] + 1)
    if chance.random() < 0.2:
        free = range(4, vocabulary)
        options["candidates"] = [[chance.choice(free) for _ in range(chance.randrange(1, 5))] for _ in range(chance.randrange(1, 6))]
        options.pop("min_new", None)
    return options


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=12, help="models of each family")
    parser.add_argument("driver", nargs="?", help="the driver program")
    args = parser.parse_args()
    args.driver = rows.driver(args.driver, "parity_generate")
    torch.set_num_threads(1)
    table = rows.Table("generate parity")
    for family in decoder_rows.STEMS:
        for number in range(args.count):
            chance = random.Random(f"generate.{family}.{args.seed}.{number}")
            heads = chance.choice([1, 2, 4])
            sizes = {
                "vocab_size": chance.randrange(30, 80),
                "max_position_embeddings": 40,
                "num_attention_heads": heads,
                "hidden_size": heads * chance.choice([4, 8]),
                "intermediate_size": chance.randrange(5, 40),
                "num_hidden_layers": chance.choice([1, 2, 3]),
                "tie_word_embeddings": chance.choice([True, False]),
            }
            if family == "llama":
                sizes["num_key_value_heads"] = chance.choice([k for k in (1, 2, 4) if heads % k == 0])
            config = decoder_rows.configuration(2, family, **sizes)
            model = generate_rows.build(config, 1000 * args.seed + number, torch.float32)
            prompts = generate_rows.draw_prompts(config, [chance.randrange(1, 12) for _ in range(4)], number)
            options = [random_options(chance, config.vocab_size) for _ in range(8)]
            expected = [generate_rows.generate(model, prompts, o) for o in options]
            with tempfile.TemporaryDirectory() as folder:
                model.save_pretrained(folder)
                request, answer = os.path.join(folder, "requests.json"), os.path.join(folder, "out.json")
                with open(request, "w", encoding="utf-8") as out:
                    json.dump({"prompts": prompts, "options": options}, out)
                run = subprocess.run([args.driver, folder, request, answer], capture_output=True, text=True, check=False)
                if run.returncode != 0:
                    table.fail(f"{family} {number}", run.stderr.strip()[-400:])
                    continue
                with open(answer, encoding="utf-8") as file:
                    found = json.load(file)
            for asked, theirs, ours in zip(options, expected, found):
                words = " ".join(f"{key}={value}" for key, value in asked.items() if key not in ("candidates", "ends"))
                different = sum(a != b for a, b in zip(theirs, ours))
                table.add(f"{family} {number} {words}"[:44], "texts that differ", different, 0, f"{asked} {theirs} {ours}")
    table.exit()


if __name__ == "__main__":
    main()
