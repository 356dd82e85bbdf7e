"""Medians with their spread, windows of steps, and tables."""

import statistics


class Spread:
    """Median, smallest and largest of what several rounds gave."""

    def __init__(self, values):
        self.values = [float(value) for value in values]
        self.median, self.low, self.high = statistics.median(self.values), min(self.values), max(self.values)

    def text(self, form="{:.1f}"):
        median, low, high = (form.format(value) for value in (self.median, self.low, self.high))
        return median if low == high else f"{median} ({low}..{high})"

    def json(self):
        return {"median": self.median, "min": self.low, "max": self.high, "rounds": self.values}


def mean(values):
    return statistics.fmean(values)


def ratio(ours, theirs):
    """The Spread of ours / theirs, round by round: both sides of a quotient ran within minutes of each other."""
    return Spread([a / b for a, b in zip(ours, theirs)])


def tokens_per_second(ends, tokens, skipped):
    """Real tokens of the steps after the first `skipped`, over the time from the end of the last skipped one to the end."""
    return sum(tokens[skipped:]) / (ends[-1] - ends[skipped - 1])


def table(head, rows):
    """Markdown, columns aligned; all but the first to the right."""
    cells = [head, *rows]
    widths = [max(len(str(row[i])) for row in cells) for i in range(len(head))]

    def line(row):
        return "| " + " | ".join(str(cell).rjust(width) if i else str(cell).ljust(width)
                                 for i, (cell, width) in enumerate(zip(row, widths))) + " |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if i else "-") for i, width in enumerate(widths)) + "|"
    return "\n".join([line(head), rule, *map(line, rows)])


def self_check():
    spread = Spread([3, 1, 2])
    assert (spread.median, spread.low, spread.high) == (2, 1, 3) and spread.text() == "2.0 (1.0..3.0)"
    assert Spread([4]).text() == Spread([4.01, 4.02]).text() == "4.0"
    assert ratio([2, 9, 4], [1, 3, 2]).values == [2, 3, 2] and ratio([2, 9], [1]).values == [2]
    assert tokens_per_second([10, 11, 13, 14], [100, 5, 6, 9], 1) == 20 / 4
    assert tokens_per_second([10, 11, 13, 14], [100, 5, 6, 9], 3) == 9
    assert table(["a", "bb"], [["x", 1]]) == "| a | bb |\n|---|---:|\n| x |  1 |"
