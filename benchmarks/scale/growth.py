"""How the time of each job grows with the size of the base."""

from math import log

SIZES = [10_000, 100_000, 1_000_000]


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
    """The seconds of each line at each size, and the exponent.

    :param found: {size: lines}
    """
    sizes = sorted(found)
    say(f"\n{'seconds at':<64}{_cells(sizes, '12,')}  exponent")
    for line in found[sizes[0]]:
        goal = goals[line["name"]]
        for title, key in ((goal.job, "seconds"), (goal.peer, "peer_seconds")):
            points = [
                (size, same[key])
                for size in sizes
                for same in found[size]
                if same["name"] == line["name"]
            ]
            seconds = _cells([seconds for _size, seconds in points], "12.3g")
            slope = f"{exponent(points):>10.2f}" if len(points) > 1 else ""
            say(f"{title:<64}{seconds}{slope}")


def _cells(values, form):
    return "".join(f"{value:>{form}}" for value in values)
