"""The tables, as text."""

import os
import platform

TABLE = "{:<28}{:>10}{:>10}{:>9}  {:<36}{:>10}{:>9}  {:<9}{}"
COSTS = "{:<28}{:>10}{:>12}  {:<36}{:>10}{:>9}{:>10}{:>11}{:>9}"


def print_heading(say):
    """On which machine, and what else it does."""
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    say(f"{os.cpu_count()} processors ({platform.machine()}), load before: {load}")


def print_table(size, lines, goals, say):
    """Job, figure, peer, ratio, goal, and whether it is met."""
    say(f"\n{size:,} entities")
    head = ("job", "records", "seconds", "ms each", "against", "seconds")
    say(TABLE.format(*head, "ratio", "goal", ""))
    for line in lines:
        goal = goals[line["name"]]
        ratio = goal.ratio(line["seconds"], line["peer_seconds"])
        figures = (
            *(goal.job, f"{line['count']:,}", _number(line["seconds"])),
            *(_number(1000 * line["seconds"] / line["count"]), goal.peer),
            *(_number(line["peer_seconds"]), f"{ratio:.2f}x"),
            *(goal.text, "met" if goal.is_met(ratio) else "missed"),
        )
        say(TABLE.format(*figures).rstrip())


def print_costs(lines, goals, say):
    """What a record asks of processors, of the database and of memory.

    Processor time is that of Odoo and PostgreSQL together. A machine that others use
    besides disturbs it less than the seconds.
    """
    say("\nfor each record")
    head = ("job", "queries", "CPU ms", "against", "CPU ms", "ratio")
    say(COSTS.format(*head, "", "memory MB", "grown").rstrip())
    for line in lines:
        if line["processor"] is None:
            continue
        goal = goals[line["name"]]
        own, peer = line["processor"], line["peer_processor"]
        figures = (
            *(goal.job, _number(line["queries"]), _number(1000 * own), goal.peer),
            *(_number(1000 * peer), f"{goal.ratio(own, peer):.2f}x", ""),
            *(_whole(line["memory"]), _whole(line["memory_grown"])),
        )
        say(COSTS.format(*figures).rstrip())


def print_remarks(lines, goals, say):
    """What else is to be said."""
    remarks = [
        f"{goals[line['name']].job}: {remark}"
        for line in lines
        for remark in line["remarks"]
    ]
    for remark in dict.fromkeys(remarks):
        say(f"- {remark}")


def _number(value):
    """Three digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _whole(value):
    return "" if value is None else f"{value:,.0f}"
