"""Domains as they are stored: texts, which may hold more than plain values."""

import ast

from odoo.tools import unique


def replace_in_domain(model, text, target, old, new):
    """The text of a domain with one record named in place of another.

    Looks at conditions over fields that lead to ``target``, those within ``any`` too.
    What is no plain id (names, ``uid``, dates) stays as it is written.

    :param model: what the domain is about, an empty recordset
    :param str target: the model of both records
    :param int old: the id that may be named
    :param int new: the id that takes its place
    :return: the new text; the same text where it does not name ``old``
    """
    try:
        tree = ast.parse((text or "[]").strip(), mode="eval")
    except SyntaxError:
        return text
    replacing = _Replacing(target, old, new)
    replacing.in_conditions(model, tree.body)
    return ast.unparse(tree) if replacing.has_found else text


class _Replacing:
    def __init__(self, target, old, new):
        self.target, self.old, self.new = target, old, new
        self.has_found = False

    def in_conditions(self, model, node):
        if not isinstance(node, ast.List | ast.Tuple):
            return
        if _is_condition(node):
            self.in_condition(model, *node.elts)
            return
        for part in node.elts:
            self.in_conditions(model, part)

    def in_condition(self, model, path, operator, value):
        end = _end_of(model, path.value)
        if end is None:
            return
        if isinstance(operator, ast.Constant) and "any" in str(operator.value):
            self.in_conditions(end, value)
        elif end._name == self.target:
            self.in_value(value)

    def in_value(self, value):
        if isinstance(value, ast.List | ast.Tuple):
            for part in value.elts:
                self.in_value(part)
            # Who was named beside the other is named once.
            value.elts = list(unique_nodes(value.elts))
        elif isinstance(value, ast.Constant) and _is_id(value.value, self.old):
            value.value = self.new
            self.has_found = True


def unique_nodes(nodes):
    """The nodes without those that say the same as one before."""
    by_text = {ast.dump(node): node for node in reversed(nodes)}
    return (by_text[text] for text in unique(ast.dump(node) for node in nodes))


def _is_condition(node):
    return (
        len(node.elts) == 3
        and isinstance(node.elts[0], ast.Constant)
        and isinstance(node.elts[0].value, str)
        and node.elts[0].value not in ("&", "|", "!")
    )


def _is_id(value, record_id):
    return type(value) is int and value == record_id


def _end_of(model, path):
    """The model that a path of fields leads to; None where it leads to no record."""
    for name in path.split("."):
        if name == "id":
            return model
        field = model._fields.get(name)
        if field is None or not field.comodel_name:
            return None
        model = model.env[field.comodel_name]
    return model
