"""Writes tests/oracle/optimizers: reference optimisers over 50 fixed gradients, and learning-rate schedules, in double precision.

  python tools/oracle/make_optimizers.py [FOLDER]

optimizers.safetensors: `initial.<p>`, `gradient.<p>` ([50, ...], one row a step), `<case>.step<k>.<p>` for k = 1, 2, 10, 50,
where p is one of matrix [4, 3], vector [5], cube [2, 3, 4], single [1]. optimizers.json lists each case's reference class and
its options. schedules.safetensors: `<case>` [total + 1], the rate used by step 0, 1, ..., total; schedules.json lists the
options.
"""

import torch
import transformers.optimization as schedules
from transformers.optimization import Adafactor

import fixture

STEPS, KEPT = 50, (1, 2, 10, 50)
SHAPES = {"matrix": (4, 3), "vector": (5,), "cube": (2, 3, 4), "single": (1,)}
OFF = {"relative_step": False, "warmup_init": False}
CASES = {
    "adamw": (torch.optim.AdamW, {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}),
    "adamw_decay": (torch.optim.AdamW, {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.1}),
    "adamw_other_betas": (torch.optim.AdamW, {"lr": 5e-2, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.01}),
    "adamw_no_first_moment": (torch.optim.AdamW, {"lr": 1e-3, "betas": (0.0, 0.99), "eps": 1e-3, "weight_decay": 0.0}),
    "sgd": (torch.optim.SGD, {"lr": 1e-1}),
    "sgd_decay": (torch.optim.SGD, {"lr": 1e-1, "weight_decay": 0.05}),
    "sgd_momentum": (torch.optim.SGD, {"lr": 5e-2, "momentum": 0.9}),
    "sgd_momentum_decay": (torch.optim.SGD, {"lr": 5e-2, "momentum": 0.9, "weight_decay": 0.05}),
    "sgd_nesterov": (torch.optim.SGD, {"lr": 5e-2, "momentum": 0.9, "nesterov": True}),
    "sgd_dampening": (torch.optim.SGD, {"lr": 5e-2, "momentum": 0.8, "dampening": 0.5}),
    "adafactor": (Adafactor, {"lr": 1e-2, "scale_parameter": False, **OFF}),
    "adafactor_scaled": (Adafactor, {"lr": 1e-2, "scale_parameter": True, **OFF}),
    "adafactor_first_moment": (Adafactor, {"lr": 1e-2, "scale_parameter": False, "beta1": 0.9, **OFF}),
    "adafactor_first_moment_scaled": (Adafactor, {"lr": 1e-2, "scale_parameter": True, "beta1": 0.9, **OFF}),
    "adafactor_decay": (Adafactor, {"lr": 1e-2, "scale_parameter": True, "weight_decay": 0.01, "clip_threshold": 0.5, **OFF}),
    "adafactor_relative_step": (Adafactor, {"lr": None, "scale_parameter": True, "relative_step": True, "warmup_init": False}),
    "torch_adafactor": (torch.optim.Adafactor, {"lr": 1e-2}),
}
SCHEDULES = {
    "linear": ("get_linear_schedule_with_warmup", {"num_warmup_steps": 6, "num_training_steps": 40}),
    "linear_no_warmup": ("get_linear_schedule_with_warmup", {"num_warmup_steps": 0, "num_training_steps": 40}),
    "cosine": ("get_cosine_schedule_with_warmup", {"num_warmup_steps": 6, "num_training_steps": 40, "num_cycles": 0.5}),
    "cosine_more_cycles": (
        "get_cosine_schedule_with_warmup",
        {"num_warmup_steps": 4, "num_training_steps": 40, "num_cycles": 1.5},
    ),
    "polynomial": (
        "get_polynomial_decay_schedule_with_warmup",
        {"num_warmup_steps": 6, "num_training_steps": 40, "lr_end": 1e-7, "power": 1.0},
    ),
    "polynomial_square": (
        "get_polynomial_decay_schedule_with_warmup",
        {"num_warmup_steps": 5, "num_training_steps": 36, "lr_end": 1e-4, "power": 2.0},
    ),
    "constant_with_warmup": ("get_constant_schedule_with_warmup", {"num_warmup_steps": 6}),
    "constant": ("get_constant_schedule", {}),
}
RATE, TOTAL = 3e-3, 40


def write_optimizers(folder):
    torch.manual_seed(1)
    initial = {name: torch.randn(shape, dtype=torch.float64) for name, shape in SHAPES.items()}
    gradient = {name: torch.randn(STEPS, *shape, dtype=torch.float64) for name, shape in SHAPES.items()}
    for g in gradient.values():
        g *= torch.logspace(-2, 1, STEPS, dtype=torch.float64)[torch.randperm(STEPS)].reshape(-1, *[1] * (g.dim() - 1))
        g[6] = 0  # a step without any gradient
    tensors = {f"initial.{n}": t for n, t in initial.items()} | {f"gradient.{n}": t for n, t in gradient.items()}
    for case, (kind, options) in CASES.items():
        values = {name: torch.nn.Parameter(t.clone()) for name, t in initial.items()}
        optimizer = kind(values.values(), **options)
        for step in range(1, STEPS + 1):
            for name, value in values.items():
                value.grad = gradient[name][step - 1].clone()
            optimizer.step()
            if step in KEPT:
                tensors |= {f"{case}.step{step}.{name}": value.detach().clone() for name, value in values.items()}
    # What a reference leaves to its defaults is written out.
    about = {
        case: {
            "reference": f"{kind.__module__}.{kind.__name__}",
            **kind([torch.zeros(1, requires_grad=True)], **options).defaults,
        }
        for case, (kind, options) in CASES.items()
    }
    fixture.save(folder, "optimizers", tensors, steps=STEPS, kept=KEPT, cases=about, notes="all tensors in one parameter group")


def write_schedules(folder):
    tensors = {}
    for case, (function, options) in SCHEDULES.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
        schedule = getattr(schedules, function)(optimizer, **options)
        rates = []
        for _ in range(TOTAL + 1):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        tensors[case] = torch.tensor(rates, dtype=torch.float64)
    cases = {
        case: {"reference": f"transformers.optimization.{function}", **options} for case, (function, options) in SCHEDULES.items()
    }
    fixture.save(folder, "schedules", tensors, learning_rate=RATE, steps=TOTAL, cases=cases)


if __name__ == "__main__":
    write_optimizers(fixture.folder_argument("optimizers"))
    write_schedules(fixture.folder_argument("optimizers"))
