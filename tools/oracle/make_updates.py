"""Writes tests/oracle/updates: FacT, KAdaptation, DSEE's update, Fastfood and GreBsmo from their papers' equations in double.

  python tools/oracle/make_updates.py [FOLDER]

Each case is written slice by slice, with Kronecker products, dense matrices and whole Hadamard matrices: no shortcut of the library
has a part in it. Tensors of a case of updates:
  <parameter>            the method's numbers, drawn at random, by the library's names below "<method>/"
  x.<place> c.<place>    input [N, in], and what the output is multiplied with: the loss is the sum of c * y over all places
  y.<place> delta.<place>   what the method adds, and the matrix it adds to W [out, in]
  grad.<parameter>       the gradient of the loss
"""

import torch

import fixture

D, FF, BLOCKS, ROWS = 8, 32, 2, 3
torch.set_default_dtype(torch.float64)


def places():
    for block in range(BLOCKS):
        for name in ("query", "key", "value", "output"):
            yield f"encoder.{block}.attention.{name}", D, D
        yield f"encoder.{block}.ffn.up", D, FF
        yield f"encoder.{block}.ffn.down", FF, D


def finish(folder, case, parameters, sites, delta, shift=None, extra=None, **about):
    """`delta(place)` gives the matrix [out, in] of a place from the parameters."""
    tensors, loss = dict(extra or {}), 0
    for place, inputs, outputs in sites:
        x, c = torch.randn(ROWS, inputs), torch.randn(ROWS, outputs)
        matrix = delta(place)
        y = x @ matrix.T + (shift(place) if shift else 0)
        loss = loss + (c * y).sum()
        tensors |= {f"x.{place}": x, f"c.{place}": c, f"y.{place}": y, f"delta.{place}": matrix}
    loss.backward()
    for name, parameter in parameters.items():
        tensors[name] = parameter
        tensors[f"grad.{name}"] = parameter.grad
    fixture.save(folder, case, tensors, **about)


def drawn(*shape):
    return torch.randn(*shape).requires_grad_()


def fact(folder, case, form, layout, rank=2, scale=0.5):
    sites = list(places())
    counts = {place: max(inputs, outputs) // D for place, inputs, outputs in sites}
    first, total = {}, 0
    for place, count in counts.items():
        first[place], total = total, total + count
    parameters = {"input": drawn(rank, D), "output": drawn(D, rank)}
    if form == "tt":
        parameters |= {f"{place}.cores": drawn(count, rank, rank) for place, count in counts.items()}
    else:
        parameters |= {"core": drawn(rank, rank, rank), "rows": drawn(rank, total)}

    def core(place, g):
        """S_t of slice g, the first axis the input's."""
        if form == "tt":
            return parameters[f"{place}.cores"][g]
        m = counts[place]
        slices = [
            sum(parameters["rows"][k, first[place] + o] * parameters["core"][:, :, k] for k in range(rank)) for o in range(m)
        ]
        if layout == "paper" or m == 1:
            return slices[g]
        # The authors' index: column c = g r + j of the [r, m r] matrix is entry c div m of slice c mod m.
        rows = []
        for j in range(rank):
            c = g * rank + j
            rows.append(slices[c % m][:, c // m])
        columns = torch.stack(rows, 1)
        return columns if place.endswith("up") else columns.T

    def delta(place):
        blocks = [scale * parameters["output"] @ core(place, g).T @ parameters["input"] for g in range(counts[place])]
        return torch.cat(blocks, 1 if place.endswith("down") else 0)

    finish(folder, case, parameters, sites, delta, form=form, layout=layout, rank=rank, scale=scale)


def kadaptation(folder, case, n, rank, slow_rank, scale=0.7):
    sites = [s for s in places() if s[0].endswith(("query", "value"))]
    parameters = {}
    for kind in ("query", "value"):
        if slow_rank:
            parameters |= {f"slow.{kind}.left": drawn(n, n, slow_rank), f"slow.{kind}.right": drawn(n, slow_rank, n)}
        else:
            parameters[f"slow.{kind}.whole"] = drawn(n, n, n)
    for place, inputs, outputs in sites:
        parameters |= {f"{place}.left": drawn(n, inputs // n, rank), f"{place}.right": drawn(n, rank, outputs // n)}
        branch = place.rsplit(".", 1)[0]
        parameters.setdefault(f"{branch}.shift", drawn(outputs))

    def delta(place):
        kind = place.rsplit(".", 1)[1]
        h = 0
        for i in range(n):
            if slow_rank:
                a = parameters[f"slow.{kind}.left"][i] @ parameters[f"slow.{kind}.right"][i]
            else:
                a = parameters[f"slow.{kind}.whole"][i]
            h = h + torch.kron(a, parameters[f"{place}.left"][i] @ parameters[f"{place}.right"][i])
        return scale * h.T

    def shift(place):
        return parameters[place.rsplit(".", 1)[0] + ".shift"]

    finish(folder, case, parameters, sites, delta, shift, divisions=n, rank=rank, slow_rank=slow_rank, scale=scale)


def dsee(folder, case, scaled, rank=2, alpha=3.0, entries=6):
    sites = [s for s in places() if s[0].endswith(("query", "down"))]
    parameters, where = {}, {}
    for place, inputs, outputs in sites:
        parameters |= {f"{place}.down.weight": drawn(rank, inputs), f"{place}.up.weight": drawn(outputs, rank)}
        parameters[f"{place}.values"] = drawn(entries)
        where[f"{place}.places"] = torch.randperm(inputs * outputs)[:entries].sort().values

    def delta(place):
        product = parameters[f"{place}.up.weight"] @ parameters[f"{place}.down.weight"]
        s = torch.zeros(product.numel()).index_put((where[f"{place}.places"],), parameters[f"{place}.values"])
        scale = alpha / rank
        return scale * product + (scale if scaled else 1) * s.view_as(product)

    finish(folder, case, parameters, sites, delta, extra=where, rank=rank, alpha=alpha, entries=entries, scaled=scaled)


MASK = (1 << 64) - 1


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def key_of(seed, name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return mix(mix(seed) ^ value)


class Stream:
    """Philox 4x32-10 (Salmon et al. 2011), as base/seed.h uses it."""

    def __init__(self, key):
        self.key, self.counter, self.words = key, 0, []

    def bits(self):
        if not self.words:
            c = [self.counter & 0xFFFFFFFF, self.counter >> 32, 0, 0]
            k = [self.key & 0xFFFFFFFF, self.key >> 32]
            for _ in range(10):
                p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
                c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
                k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
            self.words, self.counter = c, self.counter + 1
        return self.words.pop(0)

    def wide(self):
        high = self.bits()
        return high << 32 | self.bits()

    def uniform(self):
        return (self.wide() >> 11) * 2.0**-53

    def normal(self):
        radius = torch.sqrt(-2 * torch.log(torch.tensor(1 - self.uniform())))
        return float(radius * torch.cos(torch.tensor(2 * torch.pi * self.uniform())))

    def below(self, bound):
        uneven = (1 << 64) % bound
        while True:
            draw = self.wide()
            if draw >= uneven:
                return draw % bound


def hadamard(length):
    h = torch.ones(1, 1)
    while h.shape[0] < length:
        h = torch.cat([torch.cat([h, h], 1), torch.cat([h, -h], 1)], 0)
    return h


def fastfood(folder):
    tensors = {}
    for size, used in ((1, 1), (5, 3), (64, 40), (100, 200)):
        key = key_of(9, f"map{size}")
        length = 1
        while length < size:
            length *= 2
        flips, normals, picks = (Stream(key_of(key, part)) for part in ("signs", "gains", "order"))
        b = torch.tensor([1.0 if flips.bits() % 2 == 0 else -1.0 for _ in range(length)])
        g = torch.tensor([normals.normal() for _ in range(length)])
        order = list(range(length))
        for i in range(length, 1, -1):
            j = picks.below(i)
            order[i - 1], order[j] = order[j], order[i - 1]
        h = hadamard(length)
        p = torch.zeros(length, length)
        p[range(length), order] = 1
        whole = h @ torch.diag(g) @ p @ h @ torch.diag(b)
        whole = whole[:size] / (torch.sqrt(length * (g**2).sum()) * (size / length) ** 0.5)
        v = torch.randn(used)
        full = torch.zeros(length)
        full[: min(used, length)] = v[:length]
        tensors |= {f"v.{size}": v, f"y.{size}": whole @ full}
        if size <= 5:
            tensors[f"map.{size}"] = whole
    fixture.save(folder, "fastfood", tensors, key="derive_key(9, 'map<size>')")


def decomposition(folder):
    """GreBsmo as DSEE's text and code have it: two alternations a round, five more rows of R a round."""
    out, width = 20, 24
    low = torch.randn(out, 3) @ torch.randn(3, width)
    w = low + 0.005 * torch.randn(out, width)
    spikes = torch.randperm(out * width)[:12]
    w.view(-1)[spikes] += 3 * torch.sign(torch.randn(12))
    start = torch.randn(1, width)
    tensors = {"w": w, "start": start, "spikes": spikes.sort().values}
    for name, limit, rounds in (("limited", 3, 100), ("rounds", 0, 3)):
        v, sequence = start, []
        for round_ in range(1, rounds + 1):
            s = torch.zeros_like(w)
            for _ in range(2):
                u = torch.linalg.qr((w - s) @ v.T).Q
                v = u.T @ (w - s)
                s = w - u @ v
                s[s.abs() < 0.01] = 0
            sequence.append(v.shape[0])
            if round_ == rounds or (limit and v.shape[0] >= limit):
                break
            e = w - u @ v - s
            grow = min(5, (limit or out) - v.shape[0])
            v = torch.cat([v, torch.linalg.qr(e).R[:grow]], 0)
        tensors |= {f"{name}.low": u @ v, f"{name}.sparse": s, f"{name}.ranks": torch.tensor(sequence)}
    fixture.save(folder, "decomposition", tensors, threshold=0.01, step=5, alternations=2)


def main():
    folder = fixture.folder_argument("updates")
    torch.manual_seed(1)
    fact(folder, "fact_tt", "tt", "paper")
    fact(folder, "fact_tk", "tk", "paper")
    fact(folder, "fact_tk_reference", "tk", "reference")
    kadaptation(folder, "kadaptation", n=4, rank=1, slow_rank=1)
    kadaptation(folder, "kadaptation_wide", n=2, rank=2, slow_rank=2)
    kadaptation(folder, "kadaptation_whole", n=4, rank=2, slow_rank=0)
    fastfood(folder)
    decomposition(folder)
    dsee(folder, "dsee", scaled=True)
    dsee(folder, "dsee_unscaled", scaled=False)


if __name__ == "__main__":
    main()
