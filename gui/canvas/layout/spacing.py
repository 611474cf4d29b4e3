"""Where things stand in a line that wish to be somewhere and may not overlap."""

from collections.abc import Sequence


def spread(
    wanted: Sequence[float], weights: Sequence[float], halves: Sequence[float], gap: float
) -> list[float]:
    """Return the centres closest to where things want to be, in their order, ``gap`` apart.

    Minimises Σ wₖ (yₖ − wantedₖ)² under yₖ₊₁ − yₖ ≥ halfₖ + gap + halfₖ₊₁: with these distances
    taken off it is weighted isotonic regression, done by pooling adjacent violators (Barlow et al.,
    Statistical Inference under Order Restrictions, 1972).
    """
    offset, offsets = 0.0, []
    for k, half in enumerate(halves):
        offset += half + (gap + halves[k - 1] if k else 0.0)
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for k, wish in enumerate(wanted):
        mean, weight, count = wish - offsets[k], max(weights[k], 1e-6), 1
        while pools and pools[-1][0] > mean:
            other, more, members = pools.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight, count = weight + more, count + members
        pools.append((mean, weight, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + off for mean, off in zip(means, offsets, strict=True)]
