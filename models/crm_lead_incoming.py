"""Mail that comes in to the address of a team: whose it is, and where it belongs."""

import logging
from functools import partial
from urllib.parse import urlsplit

from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain
from odoo.service.model import retrying
from odoo.tools import email_normalize, parse_contact_from_email

from odoo.addons.iap.tools.iap_tools import mail_prepare_for_domain_search

_logger = logging.getLogger(__name__)

# What programs that answer by themselves put into the head of their mails (RFC 3834,
# and what was in use before).
AUTOMATIC_ANSWERS = {
    "Auto-Submitted": "auto-replied",
    "Precedence": "auto_reply",
    "X-Autoreply": "yes",
    "X-Autorespond": "",
}


class MailThread(models.AbstractModel):
    """The gateway asks opportunities what becomes of a mail that would make one."""

    _inherit = "mail.thread"

    @api.model
    def message_process(self, model, message, *args, **kwargs):
        """A mail that met another of its sender is read again, not lost.

        Over RPC, Odoo does so by itself. Where it fetches mails, each is a transaction
        of its own, and one that fails would be left behind.
        """
        process = partial(super().message_process, model, message, *args, **kwargs)
        if self.env.context.get("default_fetchmail_server_id"):
            return retrying(process, self.env)
        return process()

    @api.model
    def message_route(self, message, message_dict, *args, **kwargs):
        routes = super().message_route(message, message_dict, *args, **kwargs)
        leads = self.env["crm.lead"].sudo()
        return leads._route_incoming(message, message_dict, routes)


class CrmLead(models.Model):
    """An entity that writes has one opportunity: the open one, or else a new one."""

    _inherit = "crm.lead"

    # === ROUTES === #

    @api.model
    def _route_incoming(self, message, message_dict, routes):
        """Where a mail goes that would make opportunities.

        :param message: the mail
        :param message_dict: what Odoo has read in it; the author is added
        :param routes: where Odoo would bring it
        :return: the routes, at most one of which makes an opportunity
        """
        making = [r for r in routes if r[0] == self._name and not r[1]]
        if not making:
            return routes
        others = [route for route in routes if route not in making]
        email = email_normalize(message_dict["email_from"], strict=False)
        if _is_automatic_answer(message):
            _logger.info(
                "Ignored mail %s from %s: a program's answer makes no opportunity",
                message_dict["message_id"],
                message_dict["email_from"],
            )
            return others
        if self._find_colleague(email):
            self._turn_away_colleague(message, message_dict)
            return others
        if not email or self._is_own_address(email):
            return [*others, making[0]]
        return [*others, self._route_to_open_lead(email, message_dict, making[0])]

    def _route_to_open_lead(self, email, message_dict, route):
        """The route to the open opportunity of the sender, or else to a new one."""
        model, _new, values, user_id, alias = route
        self.env["crm.incoming.sender"]._take_turn(
            mail_prepare_for_domain_search(email)
        )
        team = self.env["crm.team"].browse((values or {}).get("team_id"))
        company = team.company_id or self.env.company
        sender = self._find_sender(email, company)
        entity = sender.commercial_partner_id
        sender = sender or self._create_sender(
            message_dict["email_from"], team, company
        )
        message_dict["author_id"] = sender.id
        lead = self._find_open_lead(email, sender, entity, team, company)
        return (model, lead.id or route[1], values, user_id, alias)

    @api.model
    def _find_colleague(self, email):
        return self.env["res.users"].search(
            [("email_normalized", "=", email or ""), ("share", "=", False)], limit=1
        )

    @api.model
    def _is_own_address(self, email):
        return bool(self.env["mail.alias.domain"]._find_aliases([email]))

    def _turn_away_colleague(self, message, message_dict):
        """A colleague is no customer, and hears that the mail is not kept."""
        text = self.env._(
            "This address makes opportunities of what customers write. A colleague's "
            "mail makes none, so yours was not kept: write on the opportunity itself, "
            "or have the customer write."
        )
        self.env["mail.thread"]._routing_create_bounce_email(
            message_dict["email_from"],
            Markup("<p>%s</p>") % text,
            message,
            references=message_dict["message_id"],
        )

    # === WHO WRITES === #

    @api.model
    def _find_sender(self, email, company):
        """The entity with that address that the company knows, the oldest if several"""
        return self.env["res.partner"].search(
            [
                ("email_normalized", "=", email),
                ("company_id", "in", [False, company.id]),
            ],
            order="id",
            limit=1,
        )

    @api.model
    def _create_sender(self, email_from, team, company):
        """Make an entity of whoever writes, below the company whose domain it is."""
        name, email = parse_contact_from_email(email_from)
        parent = self._find_company_of_domain(email, company)
        return self.env["res.partner"].create(
            {
                "name": name or email,
                "email": email,
                "parent_id": parent.id,
                "company_id": (parent or team).company_id.id,
            }
        )

    @api.model
    def _find_company_of_domain(self, email, company):
        """The one company whose website has the domain of an address.

        An address of its own would not tell: it may be one of a provider's.
        """
        partners = self.env["res.partner"]
        domain = mail_prepare_for_domain_search(email).removeprefix("@")
        if "@" in domain:
            return partners
        owners = partners.search(
            [
                ("is_company", "=", True),
                ("website", "ilike", domain),
                ("company_id", "in", [False, company.id]),
            ]
        ).filtered(lambda owner: _host(owner.website) == domain)
        return owners if len(owners) == 1 else partners

    # === WHERE IT BELONGS === #

    @api.model
    def _find_open_lead(self, email, sender, entity, team, company):
        """The open opportunity to which a mail of the sender belongs.

        :param entity: whose opportunities are the sender's too: their company, none if
            it was only guessed by the domain
        :return: an opportunity, none if there is none

        That of the person comes before one of their company, one of the team that was
        written to before others, the one where something happened last before the rest.
        """
        leads = self.search(
            (
                Domain("partner_id.commercial_partner_id", "in", entity.ids)
                | Domain("partner_id", "=", False)
                & Domain("email_normalized", "=", email)
            )
            & Domain("won_status", "=", "pending")
            & Domain("active", "=", True)
            & Domain("company_id", "in", [False, company.id])
        )
        return max(
            leads,
            key=lambda lead: (
                lead.partner_id == sender,
                lead.team_id == team,
                lead._happened_last(),
                lead.id,
            ),
            default=leads,
        )

    def _happened_last(self):
        """When something was last done, said or moved in the opportunity."""
        done = self.env["crm.action"].search(
            [("lead_id", "=", self.id), ("state", "=", "done")],
            order="done_at desc",
            limit=1,
        )
        said = self.message_ids[:1].date
        moments = (self.create_date, self.stage_entered_at, said, done.done_at)
        return max(filter(None, moments))

    # === WHAT BECOMES OF IT === #

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """The entity keeps its salesperson; one that has none gets the team's."""
        values = dict(custom_values or {})
        team = self.env["crm.team"].browse(values.get("team_id"))
        company = team.company_id or self.env.company
        sender = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        salesperson = sender.user_id
        if salesperson.active and company in salesperson.company_ids:
            values.setdefault("user_id", salesperson.id)
        lead = super().message_new(msg_dict, values)
        if not sender.user_id:
            sender.user_id = lead.user_id
        return lead

    def message_update(self, msg_dict, update_vals=None):
        """An opportunity that had no entity is of whoever has its address."""
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        own = author.email_normalized == self.email_normalized
        if author and own and not self.partner_id:
            self.partner_id = author
        return super().message_update(msg_dict, update_vals)


def _host(website):
    """The domain of a website, without its ``www``."""
    return (urlsplit(website).hostname or "").removeprefix("www.")


def _is_automatic_answer(message):
    """Whether a program has written the mail by itself, such as a note of absence."""
    if (message.get("Return-Path") or "").strip() == "<>":
        return True
    return any(
        message.get(name) is not None
        and str(message[name]).strip().lower().startswith(value)
        for name, value in AUTOMATIC_ANSWERS.items()
    )
