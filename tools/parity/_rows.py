"""What the parity scripts share: the drivers' calls, comparing tensors, one table of the results."""

import os
import subprocess
import sys
import tempfile

from safetensors.torch import load_file, save_file

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tools", "oracle"))
DTYPES = {"f32": "float32", "f64": "float64"}


class Table:
    """Prints a line a comparison and remembers failures."""

    def __init__(self, title):
        self.title, self.failures, self.lines = title, 0, 0
        print(f"{'case':44} {'what':24} {'largest difference':>18} {'allowed':>9}")

    def add(self, case, what, difference, allowed, where=""):
        good = difference <= allowed
        self.failures += not good
        self.lines += 1
        print(f"{case:44} {what:24} {difference:18.2e} {allowed:9.0e} {'' if good else 'FAILED ' + where}", flush=True)

    def fail(self, case, reason):
        self.failures += 1
        self.lines += 1
        print(f"{case:44} FAILED {reason}", flush=True)

    def exit(self):
        print(f"{self.title}: {self.lines} comparisons, {self.failures} failures")
        sys.exit(1 if self.failures or not self.lines else 0)


def compare(table, case, what, expected, found, allowed):
    """Compares tensors by name; a missing or wrongly shaped one is a failure. The bound is on |a - b| / max(1, |a|)."""
    worst, where = 0.0, ""
    for name, tensor in expected.items():
        tensor = tensor.reshape(1) if tensor.dim() == 0 else tensor
        if name not in found:
            return table.fail(case, f"{what}: the driver wrote no {name}")
        if found[name].shape != tensor.shape:
            return table.fail(case, f"{what}: {name} has shape {list(found[name].shape)}; expected {list(tensor.shape)}")
        gap = (
            ((tensor.double() - found[name].double()).abs() / tensor.double().abs().clamp(min=1)).max().item()
            if tensor.numel()
            else 0
        )
        if worst == worst and not gap <= worst:  # a NaN counts as the largest and stays
            worst, where = gap, name
    table.add(case, what, worst, allowed, where)


def compare_saved(table, case, model, folder):
    """The class that wrote the first folder reads ours: the same tensors, none missing, none over."""
    again, about = type(model).from_pretrained(folder, output_loading_info=True, dtype=model.dtype)
    wrong = {key: sorted(map(str, about[key])) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if about[key]}
    if wrong:
        return table.fail(case, f"saved: {wrong}")
    # What we write is fp32 or fp64 as it was read.
    compare(table, case, "saved", dict(model.named_parameters()), dict(again.named_parameters()), 0)


def driver(argument, name):
    """The driver's path; ends the program where there is none."""
    path = argument or os.path.join(ROOT, "build", "release", "tests", name)
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is not there: build it first (make build)")
    return path


def drive(table, case, program, arguments, tensors):
    """Writes the inputs, runs the driver, returns what it wrote (None after a failure, which the table remembers)."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = os.path.join(folder, "inputs.safetensors"), os.path.join(folder, "outputs.safetensors")
        save_file({name: t.detach().clone().contiguous() for name, t in tensors.items()}, given)
        run = subprocess.run([program, *arguments[0], given, answer, *arguments[1]], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            table.fail(case, f"{os.path.basename(program)} ended with {run.returncode}: {run.stderr.strip()[-400:]}")
            return None
        return load_file(answer)
