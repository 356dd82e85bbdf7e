"""One peer of bench/duel: one epoch of LoRA (peft) or of full fine-tuning with the Trainer, or with a loop of a few lines.

Prints one JSON line: for each step its end on the monotonic clock, its examples, real tokens, and tokens with padding.
"""

import argparse
import json
import time

import torch
import transformers
from order import batches
from sentences import encode, read
from transformers import AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding

STEPS = {"ends": [], "examples": [], "tokens": [], "padded": []}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True, help="a folder for what the Trainer wants to write")
    parser.add_argument("--method", choices=["lora", "full"], default="lora")
    parser.add_argument("--loop", choices=["trainer", "plain"], default="trainer")
    parser.add_argument("--order", choices=["random", "grouped"], default="random")
    parser.add_argument("--precision", choices=["fp32", "autocast", "bf16", "medium"], default="fp32",
                        help="bf16: of the weights; medium: fp32 whose matrix products may use bf16 inside")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--accumulate", type=int, default=1, help="micro-batches of a step, with the Trainer")
    parser.add_argument("--steps", type=int, default=-1, help="-1: the whole epoch")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def build(args, classes):
    weights = torch.bfloat16 if args.precision == "bf16" else torch.float32
    model = AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=classes, dtype=weights)
    if args.method == "full":
        return model
    from peft import LoraConfig, TaskType, get_peft_model

    config = LoraConfig(task_type=TaskType.SEQ_CLS, r=8, lora_alpha=16, lora_dropout=0.0, target_modules=["query", "value"])
    return get_peft_model(model, config)


class Collator(DataCollatorWithPadding):
    """Dynamic padding that counts."""

    def __call__(self, features):
        batch = super().__call__(features)
        STEPS["examples"].append(len(features))
        STEPS["tokens"].append(int(batch["attention_mask"].sum()))
        STEPS["padded"].append(batch["attention_mask"].numel())
        return batch


class Clock(transformers.TrainerCallback):
    def on_step_end(self, *_, **__):
        STEPS["ends"].append(time.monotonic())


class Ordered(torch.utils.data.Sampler):
    def __init__(self, order):
        self.order = order

    def __iter__(self):
        return iter(self.order)

    def __len__(self):
        return len(self.order)


def grouped(args, examples):
    generator = torch.Generator().manual_seed(args.seed)
    return batches([len(example["input_ids"]) for example in examples], args.batch, generator)


class Trainer(transformers.Trainer):
    """The Trainer; grouped, its batches are those of group_by_length over a large file, however small this file is."""

    order = None

    def _get_train_sampler(self, train_dataset=None):
        return Ordered(self.order) if self.order else super()._get_train_sampler(train_dataset)


def train_with_trainer(args, model, tokenizer, examples):
    options = transformers.TrainingArguments(
        output_dir=args.work, per_device_train_batch_size=args.batch // args.accumulate,
        gradient_accumulation_steps=args.accumulate, num_train_epochs=1, max_steps=args.steps,
        learning_rate=5e-4, warmup_steps=0.06, seed=args.seed, save_strategy="no", report_to="none", use_cpu=True,
        disable_tqdm=True, bf16=args.precision == "autocast", torch_compile=args.compile)
    trainer = Trainer(model=model, args=options, train_dataset=examples, processing_class=tokenizer,
                      data_collator=Collator(tokenizer), callbacks=[Clock()])
    if args.order == "grouped":
        trainer.order = [i for batch in grouped(args, examples) for i in batch]
    trainer.train()


def train_with_loop(args, model, tokenizer, examples):
    """What a person writes who wants speed: no mask where nothing is padded, a fused optimizer, nothing else in the loop."""
    if args.compile:
        model = torch.compile(model)
    collate = Collator(tokenizer)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=5e-4, weight_decay=0.0, fused=True)
    order = grouped(args, examples) if args.order == "grouped" else torch.randperm(len(examples)).split(args.batch)
    if args.steps > 0:
        order = order[: args.steps]
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, round(0.06 * len(order)), len(order))
    model.train()
    for indices in order:
        batch = collate([examples[i] for i in indices])
        if STEPS["tokens"][-1] == STEPS["padded"][-1]:
            batch.pop("attention_mask")
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.precision == "autocast"):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        STEPS["ends"].append(time.monotonic())


def per_step(values, args):
    """Sums over the micro-batches of each step that was done; the Trainer may have collated more."""
    return [sum(values[i * args.accumulate : (i + 1) * args.accumulate]) for i in range(len(STEPS["ends"]))]


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    if args.precision == "medium":
        torch.set_float32_matmul_precision("medium")
    transformers.logging.set_verbosity_error()
    texts, labels, classes = read(args.data)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    encoded = encode(tokenizer, texts, args.max_length)
    examples = [{**example, "labels": classes.index(label)} for example, label in zip(encoded, labels)]
    model = build(args, len(classes))
    (train_with_trainer if args.loop == "trainer" else train_with_loop)(args, model, tokenizer, examples)
    print(json.dumps({key: values if key == "ends" else per_step(values, args) for key, values in STEPS.items()}))


if __name__ == "__main__":
    main()
