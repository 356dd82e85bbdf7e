"""Thousands of fresh random cases: our metrics against scikit-learn, scipy and seqeval.

python tools/parity/metrics_parity.py build/release/tests/parity_metrics [--cases 6000] [--seed N]
"""
import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
from make_metrics import cases  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"metrics parity: seed {options.seed}", flush=True)
    with subprocess.Popen([options.program], stdin=subprocess.PIPE, text=True) as program:
        for case in cases(options.seed, options.cases):
            program.stdin.write(json.dumps(case) + "\n")
        program.stdin.close()
        return program.wait()


if __name__ == "__main__":
    sys.exit(main())
