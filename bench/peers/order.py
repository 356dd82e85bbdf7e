"""The order of an epoch whose padded batches hold sentences of similar length."""

import torch


def batches(lengths, size, generator):
    """Indices of one epoch: shuffled, cut into groups of 50 batches, sorted by length inside a group, cut, batches shuffled."""
    order = torch.randperm(len(lengths), generator=generator).tolist()
    result = []
    for start in range(0, len(order), 50 * size):
        group = sorted(order[start : start + 50 * size], key=lambda i: -lengths[i])
        result += [group[at : at + size] for at in range(0, len(group), size)]
    return [result[i] for i in torch.randperm(len(result), generator=generator).tolist()]
