from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from .audience import SALESPEOPLE

MONTHS = 24
# So many tasks, opportunities, people and steps of its history are told at most.
MOST = 20


class ResPartner(models.Model):
    """An entity seen whole: all that the 360 view shows, but for the timeline."""

    _inherit = "res.partner"

    # === CONTRACT === #

    def get_overview(self):
        """The whole entity: the company, with all its contacts and addresses.

        Seen from a contact it is the same, for orders, invoices and debts are the
        company's. Money is in the currency of the user's company, without tax but for
        what is due; months and years begin where the user is. The number of queries
        does not grow with what has happened. Who may read the contact is told who it
        is; who sells, the rest; what is due, accountants too (``open_figure`` says
        whose documents are counted).

        :return: ``{"entity", "currency_id", "figures", "months", "products",
            "missing_products", "tasks", "opportunities", "people", "competitors",
            "contact_points", "statuses"}``; a date is UTC as Odoo writes it
        """
        self.ensure_one()
        self.check_access("read")
        entity = self.commercial_partner_id
        sales = entity._sales()
        overview = {
            "entity": entity._overview_entity()
            | {"seen_from": self != entity and _reference(self)},
            "currency_id": self.env.company.currency_id.id,
            "figures": entity._overview_figures(sales),
            "people": entity._overview_people(),
        }
        if entity._may_see(SALESPEOPLE):
            overview |= entity._overview_sales(sales) | entity._overview_work()
        return overview

    def action_open_overview(self):
        """Open the 360 view of the entity."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_playbook.res_partner_action_overview"
        )
        return action | {"context": {"active_id": self.id}}

    def get_segments(self):
        """The segments the entity is in now: asked apart, for there may be many.

        :return: list of ``{"id", "name"}``; none for who does not sell
        """
        self.ensure_one()
        self.check_access("read")
        if not self._may_see(SALESPEOPLE):
            return []
        return [_reference(one) for one in self.commercial_partner_id.crm_segment_ids]

    # === WHO IT IS === #

    def _overview_entity(self):
        return {
            "id": self.id,
            "name": self.display_name,
            "is_company": self.is_company,
            "kind": self.entity_kind_id.name,
            "missing": self.missing_fields,
            "links": self._contact_links(),
            "website": self.website,
            "vat": self.vat,
            "user": self.user_id.name,
            "industry": self.industry_id.name,
            "status": self.commercial_status_id.name,
            "status_date": _text(self.commercial_status_date),
            "tags": [
                {"id": tag.id, "name": tag.name, "color": tag.color}
                for tag in self.category_id
            ],
            "free_fields": self._free_fields(),
            "roles": self._overview_roles(),
        }

    def _overview_roles(self):
        """Who has which role for it: told to who sells."""
        if not self._may_see(SALESPEOPLE):
            return []
        holders = self._role_holders()
        return [{"name": one.role_id.name, "user": one.user_id.name} for one in holders]

    def _free_fields(self):
        """What is known in the free fields of its kind: ``{"label", "text"}``"""
        told = []
        for free in self.read(["entity_properties"])[0]["entity_properties"]:
            text = self._free_field_text(free)
            if free["type"] != "separator" and text:
                told.append({"label": free["string"], "text": text})
        return told

    def _free_field_text(self, free):
        """The value of a free field, as people read it."""
        value = free.get("value")
        if not value:
            return False
        if free["type"] == "boolean":
            return self.env._("Yes")
        if free["type"] == "date":
            return format_date(self.env, value)
        if free["type"] == "selection":
            return dict(free["selection"]).get(value)
        if free["type"] == "tags":
            names = {name: label for name, label, _color in free["tags"]}
            return ", ".join(names[name] for name in value if name in names)
        if free["type"] == "many2one":
            return value[1]
        if free["type"] == "many2many":
            return ", ".join(name for _id, name in value)
        return str(value)

    def _overview_people(self):
        """Its contacts, and how each of them is reached."""
        contacts = self.search(
            [
                ("commercial_partner_id", "=", self.id),
                ("id", "!=", self.id),
                ("type", "=", "contact"),
            ],
            limit=MOST,
        )
        return [
            {
                "id": contact.id,
                "name": contact.name,
                "function": contact.function,
                "status": contact.commercial_status_id.name,
                "links": self._own_links(contact),
            }
            for contact in contacts
        ]

    def _own_links(self, contact):
        """How a contact is reached, but for an address that is the company's."""
        links = contact._contact_links()
        if links["address"] == self._address_line():
            links["address"] = False
        return links

    # === WHAT IT BUYS === #

    def _overview_sales(self, sales):
        bought = self._bought()
        return {
            "months": self._months(sales),
            "products": bought[:MOST],
            "missing_products": self._missing_products(),
        }

    def _months(self, sales):
        """What was ordered in each of the latest months, those without orders too."""
        this_month = fields.Date.context_today(self).replace(day=1)
        amounts = {
            row["month"]: row["amount"] for row in sales if row["state"] == "sale"
        }
        months = [
            this_month - relativedelta(months=ago) for ago in reversed(range(MONTHS))
        ]
        return [
            {"month": str(month), "amount": amounts.get(month, 0.0)} for month in months
        ]

    # === WHAT IS UNDER WAY === #

    def _overview_work(self):
        records = self._figure_records()
        opportunities = self.env["crm.lead"].search(
            records["opportunities"].domain, limit=MOST, order="id desc"
        )
        return {
            "tasks": self._overview_tasks(),
            "opportunities": [self._tell_opportunity(lead) for lead in opportunities],
            "competitors": self._overview_competitors(),
            "contact_points": self._overview_contact_points(records["contacts"]),
            "statuses": self._overview_statuses(),
        }

    def _overview_tasks(self):
        """What is to do next, as far as the user may see it."""
        planned = self.env["crm.action"].search(
            [
                ("partner_id", "in", self._entity_people().ids),
                ("state", "=", "planned"),
            ],
            order="date_start, id",
            limit=MOST,
        )
        return [
            {
                "id": action.id,
                "name": action.action_type_id.name,
                "icon": action.icon,
                "date": _text(action.date_start),
                "mode": action.mode,
                "is_late": action.is_late,
                "user": action.user_id.name,
                "partner": action.partner_id != self and action.partner_id.sudo().name,
                "lead": action.lead_id.sudo().name,
            }
            for action in planned
        ]

    def _tell_opportunity(self, lead):
        return {
            "id": lead.id,
            "name": lead.name,
            "goal": lead.goal_id.name,
            "playbook": lead.playbook_id.name,
            "stage": lead.playbook_stage_id.name or lead.stage_id.name,
            "status": lead.commercial_status_id.name,
            "campaign": lead.crm_campaign_id.name,
            "amount": lead.company_currency._convert(
                lead.expected_revenue,
                self.env.company.currency_id,
                lead.company_id or self.env.company,
                fields.Date.context_today(self),
            ),
            "next_date": _text(lead.next_action_date),
            "user": lead.user_id.name,
        }

    def _overview_competitors(self):
        """Against whom one stood in its opportunities, and how often."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        of_entity = leads._search([("partner_id", "in", self._entity_people().ids)])
        rows = leads._read_group(
            Domain("id", "in", of_entity) & Domain("competitor_ids", "!=", False),
            ["competitor_ids"],
            ["__count"],
        )
        return [_reference(competitor) | {"count": count} for competitor, count in rows]

    def _overview_contact_points(self, done):
        """How often it was met by each type of action, and when last."""
        rows = self.env["crm.action"]._read_group(
            done.domain, ["action_type_id"], ["__count", "done_at:max"]
        )
        points = [
            {
                "id": action_type.id,
                "name": action_type.name,
                "icon": action_type.icon,
                "count": count,
                "last": _text(last),
            }
            for action_type, count, last in rows
        ]
        return sorted(points, key=lambda point: -point["count"])

    def _overview_statuses(self):
        """The history of its commercial status and its contacts', from the ledger.

        Whosever the journeys are; an opportunity has its name where the user may see
        it.
        """
        lines = self.env["crm.transition"].sudo()
        statuses = self.env["crm.commercial.status"].sudo()
        before = dict(self.env.execute_query(self._status_steps()))
        lines = lines.search(
            Domain("id", "in", list(before))
            & Domain("company_id", "in", [*self.env.companies.ids, False]),
            limit=MOST,
        )
        seen = lines.lead_id.sudo(False)._filtered_access("read")
        return [
            {
                "id": line.id,
                "date": _text(line.date),
                "status": line.status_after_id.name,
                "before": statuses.browse(before[line.id]).name,
                "why": line.display_name,
                "is_rule": bool(line.rule_id),
                "user": line.user_id.name,
                "partner": line.partner_id != self and line.partner_id.name,
                "lead": line.lead_id in seen.sudo() and _reference(line.lead_id),
            }
            for line in lines
        ]


def _reference(record):
    return {"id": record.id, "name": record.display_name}


def _text(date):
    return fields.Datetime.to_string(date) if date else False
