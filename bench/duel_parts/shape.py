"""What a step costs in matrix products with the base's weights, and the speed that this machine's products reach."""

import json
import re

from duel_parts import process
from duel_parts.place import PROGRAM, WORK

# products that each weight takes part in: forward; gradient of the input; gradient of the weight
PRODUCTS = {"lora": 2, "full": 3, "evaluate": 1}


class Shape:
    """L blocks of 4 D² + 2 D F weights; one product of a weight with one token's row is 2 floating-point operations."""

    def __init__(self, folder):
        config = json.loads((folder / "config.json").read_text())
        self.layers, self.width, self.inner = (config[key] for key in
                                               ("num_hidden_layers", "hidden_size", "intermediate_size"))
        self.weights = self.layers * (4 * self.width**2 + 2 * self.width * self.inner)

    def gflop_per_token(self, method):
        """Attention's own products, the adapters', the head's and all that is element-wise count as nothing."""
        return 2 * PRODUCTS[method] * self.weights / 1e9


def limits(threads):
    """GFLOP/s of the best product in fp32 and in bf16 that `espalier doctor` measures now."""
    out = process.run([PROGRAM, "doctor", "--threads", threads], WORK, "doctor").out
    found = {"fp32": 0.0, "bf16": 0.0}
    for kind, speed in re.findall(r"^(fp32|bf16)\S*(?:, packed)?\s+(\d+)", out, re.MULTILINE):
        found[kind] = max(found[kind], float(speed))
    machine = [line for line in out.split("\n") if re.match(r"processor|instructions|threads|libtorch", line)]
    return found, machine


def self_check():
    shape = Shape.__new__(Shape)
    shape.layers, shape.width, shape.inner, shape.weights = 12, 768, 3072, 12 * (4 * 768**2 + 2 * 768 * 3072)
    assert round(13 * shape.gflop_per_token("lora"), 1) == 4.4 and round(13 * shape.gflop_per_token("full"), 1) == 6.6
