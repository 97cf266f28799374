"""Which arrows of a graph go round: knows of arrows, and of nothing they stand for."""

from collections import defaultdict


def loops(arrows):
    """The arrows that lie in a loop: from whose end one comes back to their beginning.

    :param arrows: pairs of what may be hashed, (from, to)
    :return: the set of those in a loop
    """
    component = components(arrows)
    return {(start, end) for start, end in arrows if component[start] == component[end]}


def components(arrows):
    """{node: a name that it shares with those one comes to and back from}.

    Tarjan's algorithm, without recursion: each arrow is followed once. A node that only
    leads to itself is alone, as one that leads nowhere.
    """
    follows = defaultdict(list)
    nodes = {}
    for start, end in arrows:
        follows[start].append(end)
        nodes |= {start: None, end: None}
    number, lowest, component = {}, {}, {}
    waiting = []
    for root in nodes:
        if root in number:
            continue
        way = [(root, iter(follows[root]))]
        number[root] = lowest[root] = len(number)
        waiting.append(root)
        while way:
            node, ends = way[-1]
            for end in ends:
                if end not in number:
                    number[end] = lowest[end] = len(number)
                    waiting.append(end)
                    way.append((end, iter(follows[end])))
                    break
                if end not in component:
                    lowest[node] = min(lowest[node], number[end])
            else:
                way.pop()
                if way:
                    lowest[way[-1][0]] = min(lowest[way[-1][0]], lowest[node])
                if lowest[node] == number[node]:
                    _close(node, waiting, component)
    return component


def _close(node, waiting, component):
    """All that waits since the node was met is of its component."""
    while node not in component:
        component[waiting.pop()] = node
