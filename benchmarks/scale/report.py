"""The tables, as text."""

import os
import platform

TABLE = "{:<24}{:>10}{:>10}{:>12}  {:<38}{:>10}{:>9}{:>9}  {}"
COSTS = "{:<24}{:>12}{:>14}{:>12}"


def print_heading(say):
    """On which machine, and what else it does."""
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    say(f"{os.cpu_count()} processors ({platform.machine()}), load before: {load}")


def print_table(size, lines, goals, say):
    """Job, figure, peer, ratio, goal, and whether it is met."""
    say(f"\n{size:,} entities")
    say(
        TABLE.format(
            *("job", "records", "seconds", "ms a record"),
            *("against", "seconds", "ratio", "goal", ""),
        )
    )
    for line in lines:
        goal = goals[line["name"]]
        say(
            TABLE.format(
                *(goal.job, f"{line['count']:,}", _number(line["seconds"])),
                *(_number(1000 * line["seconds"] / line["count"]), goal.peer),
                *(_number(line["peer_seconds"]), f"{goal.ratio(line):.2f}x"),
                *(goal.text, "met" if goal.is_met(line) else "missed"),
            ).rstrip()
        )


def print_costs(lines, goals, say):
    """What each job asks of database and memory, and what else is to be said."""
    say()
    say(COSTS.format("job", "queries", "memory, MB", "of it new"))
    said = set()
    for line in lines:
        job = goals[line["name"]].job
        if job in said:
            continue
        said.add(job)
        say(
            COSTS.format(
                job,
                _number(line["queries"]),
                _whole(line["memory"]),
                _whole(line["memory_grown"]),
            )
        )
    for line in lines:
        for remark in line["remarks"]:
            if remark not in said:
                said.add(remark)
                say(f"{goals[line['name']].job}: {remark}")


def _number(value):
    """Three digits that mean something."""
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _whole(value):
    return "" if value is None else f"{value:,.0f}"
