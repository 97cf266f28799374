"""Figures as they stand on paper."""

from odoo.tools import format_amount, formatLang

BARS = 100  # per cent: the longest one


class Paper:
    """Numbers as people of that language write them; a dash where there is none."""

    def __init__(self, env, currency):
        self.env = env
        self.currency = currency

    def money(self, amount):
        return "–" if amount is None else format_amount(self.env, amount, self.currency)

    def rounded(self, amount):
        """An amount without cents, where these would feign an exactness."""
        return format_amount(
            self.env, round(amount), self.currency, trailing_zeroes=False
        )

    def number(self, number):
        return "–" if number is None else formatLang(self.env, round(number), digits=0)

    def decimal(self, number):
        return "–" if number is None else formatLang(self.env, number, digits=1)

    def share(self, share):
        if share is None:
            return "–"
        return f"{formatLang(self.env, 100 * share, digits=1)} %"


def known(value):
    """Odoo's JSON says false where there is nothing."""
    return None if value is False else value


def width(number, most):
    return round(BARS * max(number, 0) / most, 1) if most > 0 else 0
