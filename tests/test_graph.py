from itertools import chain

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..models.graph import loops

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NODES = st.integers(0, 6)
arrow_lists = st.lists(st.tuples(NODES, NODES), max_size=20)


def reaches(arrows, start, end):
    """Whether one comes from a node to another one, by trying all ways."""
    reached, todo = set(), [start]
    while todo:
        node = todo.pop()
        if node == end:
            return True
        if node not in reached:
            reached.add(node)
            todo += [target for source, target in arrows if source == node]
    return False


@tagged("post_install", "-at_install")
class TestGraph(BaseCase):
    """Loops are found as by trying all ways."""

    @SLOW
    @given(arrow_lists)
    def test_an_arrow_is_in_a_loop_if_its_end_leads_to_its_beginning(self, arrows):
        in_loop = {arrow for arrow in arrows if reaches(arrows, arrow[1], arrow[0])}
        self.assertEqual(loops(arrows), in_loop)

    @SLOW
    @given(arrow_lists)
    def test_order_of_arrows_does_not_matter(self, arrows):
        self.assertEqual(loops(arrows), loops(arrows[::-1]))

    def test_long_way_round_is_found(self):
        circle = [(n, n + 1) for n in range(5000)]
        self.assertEqual(loops(circle), set())
        self.assertEqual(loops([*circle, (5000, 0)]), {*circle, (5000, 0)})

    def test_loop_hides_no_other(self):
        two = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)]
        self.assertEqual(set(chain(two)) - loops(two), {(1, 2)})
