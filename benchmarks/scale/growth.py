"""How the time of each job grows with the size of the base."""

from math import log

SIZES = [10_000, 100_000, 1_000_000]
# Work on many records is compared as if each job did it for a tenth of the base.
SHARE = 10


def exponent(points):
    """The slope of the line through the points, both axes logarithmic.

    1 where the time grows as the size does, 0 where it stays.
    """
    logs = [(log(size), log(seconds)) for size, seconds in points]
    mean_x = sum(x for x, _y in logs) / len(logs)
    mean_y = sum(y for _x, y in logs) / len(logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum(
        (x - mean_x) ** 2 for x, _y in logs
    )


def print_growth(found, goals, say):
    """What each line took at each size, and the exponent.

    :param found: {size: lines}
    """
    lines = {
        size: {line["name"]: line for line in measured}
        for size, measured in found.items()
    }
    sizes = sorted(lines)
    head = "seconds for one, or a tenth of the base, at"
    say(f"\n{head:<52}{_cells(sizes, '12,')}  exponent")
    for name, goal in goals.items():
        if not all(name in lines[size] for size in sizes):
            continue
        sides = {goal.job: "seconds", f"  against {goal.peer}": "peer_seconds"}
        for title, key in sides.items():
            points = [(size, _seconds(lines[size][name], size, key)) for size in sizes]
            seconds = _cells([seconds for _size, seconds in points], "12.3g")
            slope = f"{exponent(points):>10.2f}" if len(points) > 1 else ""
            say(f"{title:<52}{seconds}{slope}")


def _seconds(line, size, key):
    """What many records take in the same share of each base; what one takes."""
    if line["count"] == 1:
        return line[key]
    return line[key] / line["count"] * size / SHARE


def _cells(values, form):
    return "".join(f"{value:>{form}}" for value in values)
