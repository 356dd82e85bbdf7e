"""One peer of bench/duel evaluate: a labelled file through a classifier, with one of several engines.

What is timed is the second of two passes: from a list of strings to the logits of all of them, tokens made on the way.
Prints one JSON line. `--export` writes the model for ONNX Runtime beside --work and stops.
"""

import argparse
import json
import os
import time

import numpy as np
import torch
import transformers
from sentences import encode, read
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True, help="a folder for exported models and what the Trainer wants to write")
    parser.add_argument("--engine", choices=["trainer", "loop", "onnx", "openvino"], required=True)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--order", choices=["file", "length"], default="file")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--export", action="store_true")
    return parser.parse_args()


def load(args):
    weights = torch.bfloat16 if args.precision == "bf16" and args.engine != "openvino" else torch.float32
    return AutoModelForSequenceClassification.from_pretrained(args.model, dtype=weights).eval()


class Bare(torch.nn.Module):
    """Tensors in, logits out: what the exporters want."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def example(tokenizer):
    batch = tokenizer(["one of two", "the other one, which is longer"], padding=True, return_tensors="pt")
    return {name: batch[name] for name in INPUTS}


def export(args, tokenizer):
    """The file that ONNX Runtime reads."""
    tensors = example(tokenizer)
    shape = {0: torch.export.Dim("rows", max=1024), 1: torch.export.Dim("length", max=512)}
    torch.onnx.export(Bare(load(args)), tuple(tensors.values()), os.path.join(args.work, "model.onnx"), dynamo=True,
                      input_names=list(INPUTS), output_names=["logits"], dynamic_shapes={name: shape for name in INPUTS})


def onnx_forward(args, tokenizer):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(os.path.join(args.work, "model.onnx"), options, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(None, {name: batch[name].numpy() for name in INPUTS})[0]


def openvino_forward(args, tokenizer):
    import openvino

    tensors = example(tokenizer)
    with torch.no_grad():
        model = openvino.convert_model(Bare(load(args)), example_input=tensors)
    settings = {"INFERENCE_NUM_THREADS": args.threads, "INFERENCE_PRECISION_HINT": "bf16" if args.precision == "bf16" else "f32"}
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    return lambda batch: compiled({name: batch[name].numpy() for name in INPUTS})[0]


def loop_forward(args, tokenizer):
    model = load(args)
    return lambda batch: model(**batch).logits.float().numpy()


def in_order(args, examples, forward):
    """Logits in the file's order, whatever the order in which they are computed."""
    order = list(range(len(examples)))
    if args.order == "length":
        order.sort(key=lambda i: -len(examples[i]["input_ids"]))
    found = forward(examples, order)
    result = np.empty_like(found)
    result[order] = found
    return result


def passes(args, tokenizer, texts):
    """A function of no arguments that gives the logits of all texts."""
    if args.engine == "trainer":
        options = transformers.TrainingArguments(
            output_dir=args.work, per_device_eval_batch_size=args.batch, use_cpu=True, report_to="none", disable_tqdm=True,
            bf16_full_eval=args.precision == "bf16")
        trainer = transformers.Trainer(model=load(args), args=options, processing_class=tokenizer)

        def all_of(examples, order):
            return trainer.predict([examples[i] for i in order]).predictions

        return lambda: in_order(args, encode(tokenizer, texts, args.max_length), all_of)
    forward = {"onnx": onnx_forward, "openvino": openvino_forward, "loop": loop_forward}[args.engine](args, tokenizer)
    collate = DataCollatorWithPadding(tokenizer)

    def batch_by_batch(examples, order):
        chunks = [order[at : at + args.batch] for at in range(0, len(order), args.batch)]
        return np.concatenate([forward(collate([examples[i] for i in chunk])) for chunk in chunks])

    return lambda: in_order(args, encode(tokenizer, texts, args.max_length), batch_by_batch)


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    transformers.logging.set_verbosity_error()
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    if args.export:
        export(args, tokenizer)
        return
    texts, labels, _ = read(args.data)
    with torch.inference_mode():
        once = passes(args, tokenizer, texts)
        once()
        begin = time.perf_counter()
        logits = once()
        seconds = time.perf_counter() - begin
    number = {label: at for at, label in AutoConfig.from_pretrained(args.model).id2label.items()}
    accuracy = float((logits.argmax(-1) == np.array([number[label] for label in labels])).mean())
    print(json.dumps({"examples_per_second": len(texts) / seconds, "accuracy": accuracy}))


if __name__ == "__main__":
    main()
