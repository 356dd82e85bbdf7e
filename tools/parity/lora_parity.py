"""Compares our LoRA with `peft`: logits with an adapter that peft saved, ten AdamW steps, merging, and an adapter that we saved.

  python tools/parity/lora_parity.py [--seed 1] [build/release/tests/parity_lora]

  parity_lora BASE ADAPTER INPUTS OUT --dtype f32|f64 --learning-rate 0.01 --save DIR

BASE    a Hugging Face folder (BertForSequenceClassification, the model's own pooler)
ADAPTER what peft's save_pretrained wrote: adapter_config.json, adapter_model.safetensors (the classifier in it: modules_to_save)
INPUTS  batch.<i>.{ids,segments,lengths,labels} for i = 0 .. steps - 1; rows packed
OUT     logits.initial [B, L] of batch 0 · loss [steps], the mean cross-entropy before each step · grad.<peft name>, every
        gradient of the first step · final.<peft name> after the last step · logits.final and logits.merged [B, L] of batch 0
        after the last step
--save  where the driver writes the trained adapter as a PEFT folder; peft then loads it and must give logits.final
The adapter's matrices and the classifier train; AdamW with betas 0.9 and 0.999, epsilon 1e-8, no decay, no schedule, no
clipping, no dropout.
"""

import argparse
import copy
import os
import tempfile

import _rows as rows  # first: it puts tools/oracle on the path
import torch
from peft import PeftModel

import bert_rows
import make_lora as lora

ALLOWED = {
    "f32": {
        "values": 1e-5,
        "gradients": 1e-4,
        "steps": 1e-3,
    },  # ten AdamW steps of 1e-2 divide by the root of tiny squared gradients
    "f64": {"values": 1e-10, "gradients": 1e-9, "steps": 1e-9},
}


def configuration(number):
    return bert_rows.configuration(
        2 + number % 3,
        vocab_size=60,
        hidden_size=24,
        num_attention_heads=(3, 4, 1)[number % 3],
        intermediate_size=31,
        num_hidden_layers=2,
        max_position_embeddings=14,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("driver", nargs="?", help="the driver program")
    args = parser.parse_args()
    args.driver = rows.driver(args.driver, "parity_lora")
    torch.set_num_threads(1)
    table = rows.Table("lora parity")
    for number, (name, (options, random_b)) in enumerate(lora.CASES.items()):
        for short, dtype in rows.DTYPES.items():
            case = f"{name} {short}"
            seed = 1000 * args.seed + number
            config = configuration(number)
            _, model = lora.start(copy.deepcopy(options), random_b, config, seed, getattr(torch, dtype))
            examples = lora.batches(config, lora.STEPS, seed)
            with tempfile.TemporaryDirectory() as folder:
                base, adapter, ours = (os.path.join(folder, part) for part in ("base", "adapter", "ours"))
                bert_rows.build("sequence", config, seed, getattr(torch, dtype)).save_pretrained(base)
                model.save_pretrained(adapter)
                initial = {"logits.initial": bert_rows.run(model, "sequence", examples[0])["logits"]}
                losses, first = lora.train(model, examples)
                after = bert_rows.run(model, "sequence", examples[0])["logits"]
                steps = {"loss": losses, **lora.snapshot(model, "final"), "logits.final": after, "logits.merged": after}
                inputs = {f"batch.{i}.{key}": value for i, batch in enumerate(examples) for key, value in batch.items()}
                options_given = ["--dtype", short, "--learning-rate", "0.01", "--save", ours]
                found = rows.drive(table, case, args.driver, ([base, adapter], options_given), inputs)
                if found is None:
                    continue
                rows.compare(table, case, "adapter's logits", initial, found, ALLOWED[short]["values"])
                rows.compare(table, case, "first gradients", first, found, ALLOWED[short]["gradients"])
                rows.compare(table, case, "ten steps", steps, found, ALLOWED[short]["steps"])
                try:
                    plain = bert_rows.FAMILIES["sequence"].from_pretrained(
                        base, dtype=getattr(torch, dtype), attn_implementation="eager"
                    )
                    loaded = PeftModel.from_pretrained(plain, ours, autocast_adapter_dtype=False).to(getattr(torch, dtype)).eval()
                except Exception as error:  # whatever peft says about our folder is the finding
                    table.fail(case, f"peft could not load the saved adapter: {error}")
                    continue
                again = {"logits.final": bert_rows.run(loaded, "sequence", examples[0])["logits"]}
                rows.compare(table, case, "our folder in peft", again, found, ALLOWED[short]["values"])
    table.exit()


if __name__ == "__main__":
    main()
