"""Telling two piles of timings apart on a noisy machine."""

from bisect import bisect_left, bisect_right
from statistics import median


def superiority(left, right):
    """P(a < b) + P(a = b) / 2 for a of `left`, b of `right` (Mann-Whitney U over n*m): 0.5 where
    nothing tells them apart."""
    ordered = sorted(right)
    total = sum(len(ordered) - (bisect_left(ordered, a) + bisect_right(ordered, a)) / 2
                for a in left)
    return total / (len(left) * len(ordered))


def distinguishable(left, right, seconds=0.003, edge=0.12):
    """A leak that somebody could use: the medians lie more than `seconds` apart, and the piles
    differ as wholes. Noise does the one or the other, hardly both; a hash skipped does both."""
    apart = abs(median(left) - median(right))
    return apart > seconds and abs(superiority(left, right) - 0.5) > edge
