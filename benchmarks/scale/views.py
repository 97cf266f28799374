"""What the pages of the backend ask for: the fields that a view shows."""

from lxml import etree

PAGE = 80
# The browser counts no further than this.
COUNT_LIMIT = 10_001


class Page:
    """The first page of the list of a window action; the view itself is there already.

    :param env: of whoever looks, whose groups decide on the fields of the view
    """

    def __init__(self, env, action_xml_id):
        action = env.ref(action_xml_id)
        view_ids = {kind: view for view, kind in action.sudo().views}
        self.model = action.res_model
        arch, fields = arch_of(env[self.model], "list", view_ids["list"])
        self.order = arch.get("default_order")
        self.specification = specification(arch, fields)

    def read(self, env, domain):
        """What ``web_search_read`` gives."""
        return env[self.model].web_search_read(
            domain,
            self.specification,
            limit=PAGE,
            order=self.order,
            count_limit=COUNT_LIMIT,
        )


class Form:
    """The form of a model; the view itself is there already.

    :param without: leave out the fields that this add-on defines
    """

    def __init__(self, env, model, without=None):
        arch, fields = arch_of(env[model], "form")
        self.model = model
        self.specification = {
            name: inner
            for name, inner in specification(arch, fields).items()
            if env[model]._fields[name]._module != without
        }

    def read(self, env, record_id):
        """What ``web_read`` gives."""
        return env[self.model].browse(record_id).web_read(self.specification)


def arch_of(model, kind, view_id=False):
    """A view of a model, and the fields of its models."""
    views = model.get_views([(view_id, kind)])
    arch = etree.fromstring(views["views"][kind]["arch"])
    return arch, {name: one["fields"] for name, one in views["models"].items()} | {
        None: views["models"][model._name]["fields"]
    }


def specification(arch, fields, model=None):
    """The specification of ``web_read`` for what a view shows.

    :param fields: {model: {name: description}}
    """
    names = fields[model]
    return {
        node.get("name"): _field_specification(node, names[node.get("name")], fields)
        for node in arch.iter("field")
        if _view_of(node) is arch
    }


def _field_specification(node, field, fields):
    if field["type"] in ("one2many", "many2many"):
        if _is_never_seen(node):
            return {}
        inner = next((child for child in node if child.tag in ("list", "kanban")), None)
        if inner is not None and field["relation"] in fields:
            return {"fields": specification(inner, fields, field["relation"])}
        return {"fields": {"display_name": {}}}
    if field["type"] in ("many2one", "reference"):
        return {"fields": {} if _is_never_seen(node) else {"display_name": {}}}
    return {}


def _is_never_seen(node):
    """The browser asks no names for what is always invisible."""
    return not {"True", "1"}.isdisjoint(
        (node.get("invisible"), node.get("column_invisible"))
    )


def _view_of(node):
    """The view that a field stands in, which may be inside another view's field."""
    return next(
        one
        for one in node.iterancestors()
        if one.getparent() is None or one.getparent().tag == "field"
    )
