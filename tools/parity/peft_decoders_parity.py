"""LoRA folders of the real `peft` on GPT-2, whose query, key and value are one layer there, and on Llama: its logits here, merged
too, and ours there.

  python tools/parity/peft_decoders_parity.py [build/release/tests/parity_folder]

The driver's contract is that of peft_folders_parity.py.
"""

import argparse
import json
import os
import subprocess
import tempfile
import warnings

import _rows as rows  # first: it puts tools/oracle on the path
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

import bert_rows
import decoder_rows

ALLOWED = 1e-5  # fp32: sums of some dozen terms of size 1 in another order
CASES = [
    ("gpt2", "causal_lm", {"target_modules": ["c_attn"]}),
    ("gpt2", "causal_lm", {"target_modules": ["c_attn", "c_proj", "c_fc"], "use_rslora": True}),
    ("gpt2", "causal_lm", {"target_modules": ["c_attn"], "rank_pattern": {r"h\.1\.attn\.c_attn": 2}, "bias": "lora_only"}),
    ("gpt2", "sequence", {"target_modules": ["c_attn", "mlp.c_proj"]}),
    ("llama", "causal_lm", {"target_modules": ["q_proj", "v_proj"]}),
    ("llama", "causal_lm", {"target_modules": "all-linear"}),
    ("llama", "sequence", {"target_modules": ["k_proj", "gate_proj"]}),
]
TASKS = {"causal_lm": "CAUSAL_LM", "sequence": "SEQ_CLS"}


def logits(model, inputs):
    with torch.no_grad():
        texts = bert_rows.split(inputs["ids"], inputs["lengths"])
        found = [model(input_ids=ids[None]).logits for ids in texts]
    return torch.cat([one[0] if one.dim() == 3 else one for one in found])


def adapted(model, settings, head, family, seed):
    """peft's model with updates that move the logits."""
    settings = {"r": 4, "lora_alpha": 8, "task_type": TASKS[head], "fan_in_fan_out": family == "gpt2", **settings}
    model = get_peft_model(model, LoraConfig(**settings))
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name or (parameter.requires_grad and name.endswith("bias")):
                parameter.normal_(0, 0.3, generator=draw)
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("driver", nargs="?", help="the driver program")
    driver = rows.driver(parser.parse_args().driver, "parity_folder")
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    table = rows.Table("peft decoders parity")
    for seed, (family, head, settings) in enumerate(CASES, start=1):
        sizes = {"hidden_size": 16, "num_attention_heads": 4, "intermediate_size": 20, "num_hidden_layers": 2}
        if family == "llama":
            sizes["num_key_value_heads"] = 2
        config = decoder_rows.configuration(3, family, vocab_size=40, max_position_embeddings=16, **sizes)
        model = decoder_rows.build(head, config, seed, torch.float32)
        inputs = decoder_rows.draw(config, [5, 3, 7], seed)
        case = f"{family} {head} {seed}"
        with tempfile.TemporaryDirectory() as folder:
            base, theirs, ours = (os.path.join(folder, name) for name in ("base", "theirs", "ours"))
            given, jobs, out, said = (os.path.join(folder, name) for name in ("in.st", "jobs.json", "out.st", "said.json"))
            model.save_pretrained(base)
            before = logits(model, inputs)
            theirs_model = adapted(model, settings, head, family, seed)
            theirs_model.save_pretrained(theirs)
            expected = logits(theirs_model, inputs)
            if (expected - before).abs().max() < 1e-2:
                table.fail(case, "the update moves nothing")
            save_file(inputs, given)
            with open(jobs, "w", encoding="utf-8") as file:
                json.dump([{"name": "a", "model": base, "adapter": theirs, "inputs": given, "save_adapter": ours}], file)
            run = subprocess.run([driver, jobs, out, said], capture_output=True, text=True, check=False)
            with open(said, encoding="utf-8") as file:
                answer = json.load(file)[0]
            if run.returncode != 0 or "error" in answer:
                table.fail(case, f"{run.stderr.strip()[-300:]} {answer.get('error', '')}")
                continue
            found = load_file(out)
            rows.compare(table, case, "logits here", {"a.logits": expected}, found, ALLOWED)
            rows.compare(table, case, "merged here", {"a.merged": expected}, found, ALLOWED)
            again = PeftModel.from_pretrained(type(model).from_pretrained(base), ours).eval()
            rows.compare(table, case, "our folder there", {"logits": expected}, {"logits": logits(again, inputs)}, ALLOWED)
    table.exit()


if __name__ == "__main__":
    main()
