#!/usr/bin/env python3
"""The polynomial of espalier/nn/kernels/vector/gelu.h: the normal distribution's lower tail in fp32.

Phi(-a) = exp(-a^2 / 2) t P(t) with t = 1 / (1 + c a), a >= 0, and P of degree 8: weighted least squares on Chebyshev polynomials,
weights moved towards the largest relative error. Needs numpy and scipy. Prints c, the errors and the coefficients.
"""

import numpy as np
from numpy.polynomial import chebyshev, polynomial
from scipy.special import erfcx

DEGREE, C = 8, 0.34


def main():
    a = np.linspace(0, 14, 8001)  # below Phi(-14) fp32 holds nothing
    t = 1 / (1 + C * a)
    tail = 0.5 * erfcx(a / np.sqrt(2))
    wanted = tail / t
    low, high = t.min(), 1.0
    basis = chebyshev.chebvander((2 * t - low - high) / (high - low), DEGREE)
    weights = np.ones_like(a)
    for _ in range(60):
        root = np.sqrt(weights) / wanted
        fit, *_ = np.linalg.lstsq(basis * root[:, None], wanted * root, rcond=None)
        error = np.abs(basis @ fit - wanted) / wanted
        weights *= error / error.mean() + 1e-2
        weights /= weights.mean()
    in_t, line = np.zeros(1), np.array([-(low + high) / (high - low), 2 / (high - low)])
    for coefficient in chebyshev.cheb2poly(fit)[::-1]:
        in_t = polynomial.polyadd(polynomial.polymul(in_t, line), [coefficient])
    single = np.float32(1) / (np.float32(1) + np.float32(C) * a.astype(np.float32))
    value = np.zeros_like(single)
    for coefficient in in_t[::-1]:
        value = (value * single + np.float32(coefficient)).astype(np.float32)
    rounded = np.max(np.abs(value * single - tail) / tail)
    print(f"c {C}, relative error {error.max():.1e}, evaluated in fp32 {rounded:.1e}")
    print("from the constant term up:", ", ".join(f"{np.float32(x):.10f}" for x in in_t))


if __name__ == "__main__":
    main()
