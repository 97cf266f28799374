"""Tax numbers of companies, by the rules of the countries that give them."""

from stdnum import get_cc_module

# What Odoo lets people write who have none.
NO_NUMBER = "/"


def is_wrong(number, country_code=None):
    """Whether the number breaks the rules of its country.

    :param country_code: ``ES``, where the number does not begin with it
    :return: false where no rules are known
    """
    if number.strip() == NO_NUMBER:
        return False
    countries = (number[:2], country_code or "")
    rules = [get_cc_module(code.lower(), "vat") for code in countries if code.isalpha()]
    known = [rule for rule in rules if rule]
    return bool(known) and not any(rule.is_valid(number) for rule in known)
