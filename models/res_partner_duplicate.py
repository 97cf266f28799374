from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from .bulk import table
from .res_partner_keys import BEGIN_ALIKE

# Two names are similar from here on; 1 is the same name.
SIMILAR = 0.62
# What more have in common tells nothing (no@mail.com); nor are more told.
MOST_ALIKE = 20
# Odoo merges no more at a time.
MERGED_AT_ONCE = 3
# What two entities may have in common, what tells most first.
LIKENESSES = ("tax_number", "email", "phone", "name")
# What an entity is compared by.
KEYS = (
    *("tax_key", "email_normalized", "phone_sanitized", "name_key"),
    *("zip", "city", "country_id", "type", "is_company"),
    *("parent_id", "commercial_partner_id", "company_id"),
)


class ResPartner(models.Model):
    """Who may be the same as somebody else, and why.

    The same tax number, e-mail or phone number tells it, and less surely a similar name
    in the same place. People of one company are alike by their names only: they may
    share its phone, its address and its mailbox.

    One query answers for one entity or for all. For one it looks into an index for each
    key. For all (the filter) it joins the entities with themselves by each key: its
    cost grows with the entities, and with how many in one place have names that begin
    alike (some ten seconds for 100,000 entities of 200 towns).
    """

    _inherit = "res.partner"

    told_apart_ids = fields.Many2many(
        "res.partner",
        "res_partner_told_apart_rel",
        "partner_id",
        "other_partner_id",
        string="Not the Same As",
        copy=False,
        readonly=True,
        help="Entities that somebody has said are not this one.",
    )
    duplicate_partner_ids = fields.Many2many(
        "res.partner",
        string="Possible Duplicates",
        compute="_compute_duplicates",
    )
    duplicate_reason = fields.Char(compute="_compute_duplicates")
    has_duplicates = fields.Boolean(
        compute="_compute_duplicates", search="_search_has_duplicates"
    )

    @api.depends(*KEYS, "told_apart_ids")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_duplicates(self):
        """By what stands on the screen: the form of a new entity tells it at once."""
        sought = {
            partner._origin.id or -number: partner
            for number, partner in enumerate(self, start=1)
        }
        found = self._find_alike(sought)
        for number, partner in sought.items():
            partner.duplicate_partner_ids = self.browse(found[number])
            partner.duplicate_reason = self._say_likenesses(found[number])
            partner.has_duplicates = bool(found[number])

    @api.model
    def _search_has_duplicates(self, operator, value):
        if operator != "in":
            return NotImplemented
        everyone = SQL(
            "SELECT id, %s FROM res_partner WHERE id IN %s",
            SQL(", ").join(SQL.identifier(name) for name in KEYS),
            self._search([]).subselect(),
        )
        alike = SQL("(SELECT id FROM (%s) alike)", self._alike_query(everyone))
        return Domain("id", "in", alike)

    # === ACTIONS === #

    def action_compare_duplicates(self):
        """Open Odoo's own merge with this entity and the likeliest to be the same.

        :raise UserError: when there is none
        """
        self.ensure_one()
        duplicates = self.duplicate_partner_ids[: MERGED_AT_ONCE - 1]
        if not duplicates:
            raise UserError(self.env._("%s has no possible duplicates.", self.name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Compare and Merge"),
            "res_model": "base.partner.merge.automatic.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "dialog_size": "extra-large",
                "active_model": "res.partner",
                "active_ids": (self | duplicates).ids,
            },
        }

    def action_tell_apart(self):
        """Remember that the possible duplicates of these entities are not the same.

        :raise AccessError: when the user may not write one of them
        """
        for entity in self:
            entity._tell_apart(entity.duplicate_partner_ids)
        return True

    def _tell_apart(self, others):
        """Say that this entity is none of the others: nobody is asked again."""
        for one, another in ((one, another) for one in self for another in others):
            one.told_apart_ids = [Command.link(another.id)]
            another.told_apart_ids = [Command.link(one.id)]
            one.message_post(body=self.env._("Not the same as %s.", another.name))
            another.message_post(body=self.env._("Not the same as %s.", one.name))

    # === FINDING === #

    @api.model
    def _find_entities(self, values, certain=False):
        """Who is meant by some values: entities the user may read, the likeliest first.

        :param values: dictionary of fields of an entity, as ``create`` takes them:
            ``name``, ``email``, ``phone``, ``vat``, ``country_id``, ``zip``, ``city``
        :param certain: only those with the same tax number or e-mail address, or with
            the same phone number and a similar name
        :return: entities, none if nobody is like it
        """
        known = {name: value for name, value in values.items() if name in self._fields}
        found = self._find_alike({-1: self.new(known)})[-1]
        return self.browse(
            entity_id
            for entity_id, likenesses in found.items()
            if not certain or _is_certain(likenesses)
        )

    @api.model
    def _find_alike(self, sought):
        """Whom some are like.

        :param sought: {number: entity, saved or not}, the number its id if it has one
        :return: {number: {id: list of ``LIKENESSES``, the likeliest first}}
        """
        columns = {"id": list(sought)} | {
            name: [partner._key(name) for partner in sought.values()] for name in KEYS
        }
        query = self._alike_query(SQL("SELECT * FROM %s", table(self, columns)))
        found = defaultdict(dict)
        for number, entity_id, *holds in self.env.execute_query(query):
            if len(found[number]) < MOST_ALIKE:
                found[number][entity_id] = [
                    name for name, held in zip(LIKENESSES, holds, strict=True) if held
                ]
        return found

    def _key(self, name):
        key = self[name]
        return key._origin.id if self._fields[name].relational else key

    @api.model
    def _say_likenesses(self, found):
        """Words for it: "Ada Bianchi (same e-mail), A. Bianchi (similar name)"."""
        words = {
            "tax_number": self.env._("same tax number"),
            "email": self.env._("same e-mail"),
            "phone": self.env._("same phone number"),
            "name": self.env._("similar name"),
        }
        return ", ".join(
            self.env._(
                "%(name)s (%(reasons)s)",
                name=self.browse(entity_id).display_name,
                reasons=", ".join(words[likeness] for likeness in likenesses),
            )
            for entity_id, likenesses in found.items()
        )

    # === QUERIES === #

    @api.model
    def _alike_query(self, sought):
        """Pairs of somebody sought and an entity that they may be.

        :param sought: query of id and ``KEYS``
        :return: query of id, other id and whether each of ``LIKENESSES`` holds
        """
        self.flush_model([*KEYS, "active", "told_apart_ids"])
        return SQL(
            """WITH sought AS NOT MATERIALIZED (%(sought)s),
                    candidate AS (%(candidates)s),
                    pair AS (%(pairs)s)
             SELECT id, other_id, tax_number, email, phone, name
               FROM pair
              WHERE tax_number
                 OR email AND (NOT of_one_company OR name)
                 OR phone AND (both_on_their_own OR name)
                 OR name AND (both_on_their_own AND in_one_place OR of_one_company)
           ORDER BY tax_number DESC, email DESC, phone DESC, name DESC, other_id""",
            sought=sought,
            candidates=SQL(" UNION ").join(self._candidate_queries()),
            pairs=self._pair_query(),
        )

    @api.model
    def _candidate_queries(self):
        """Whom to compare with, by one key each, for which there is an index."""
        alike = self._similar_name()
        keys = (
            *map(_same_telling, ("tax_key", "email_normalized", "phone_sanitized")),
            SQL(
                "other.parent_id = sought.parent_id AND %s AND %s", _BEGIN_ALIKE, alike
            ),
            SQL("%s AND other.zip = sought.zip AND %s", _BEGIN_ALIKE, alike),
            SQL("%s AND %s AND %s", _BEGIN_ALIKE, _SAME_CITY, alike),
        )
        for key in keys:
            yield SQL(
                """SELECT sought.id, other.id AS other_id
                     FROM sought
                     JOIN res_partner other ON other.id <> sought.id AND %s""",
                key,
            )

    @api.model
    def _pair_query(self):
        """What is in common, of those whom the user may read and who are apart."""
        return SQL(
            """SELECT sought.id, other.id AS other_id,
                      coalesce(other.tax_key = sought.tax_key AND %(same_country)s,
                               false) AS tax_number,
                      coalesce(other.email_normalized = sought.email_normalized, false)
                          AS email,
                      coalesce(other.phone_sanitized = sought.phone_sanitized, false)
                          AS phone,
                      coalesce(%(similar)s, false) AS name,
                      coalesce(other.zip = sought.zip, false)
                          OR coalesce(%(same_city)s, false) AS in_one_place,
                      coalesce(other.commercial_partner_id
                               = sought.commercial_partner_id, false)
                          AS of_one_company,
                      sought.parent_id IS NULL AND other.parent_id IS NULL
                          AS both_on_their_own
                 FROM candidate
                 JOIN sought USING (id)
                 JOIN res_partner other ON other.id = candidate.other_id
                WHERE other.id IN %(readable)s
                  AND other.type = 'contact' AND sought.type = 'contact'
                  AND (other.company_id = sought.company_id) IS NOT FALSE
                  AND other.id IS DISTINCT FROM sought.commercial_partner_id
                  AND other.commercial_partner_id <> sought.id
                  AND other.id IS DISTINCT FROM sought.parent_id
                  AND other.parent_id IS DISTINCT FROM sought.id
                  AND NOT EXISTS (
                          SELECT FROM res_partner_told_apart_rel apart
                           WHERE apart.partner_id = sought.id
                             AND apart.other_partner_id = other.id)""",
            same_country=_SAME_COUNTRY,
            similar=self._similar_name(),
            same_city=_SAME_CITY,
            readable=self._search([]).subselect(),
        )

    @api.model
    def _similar_name(self):
        """Without the trigrams of PostgreSQL names are alike by their keys only."""
        if not self.env.registry.has_trigram:
            alike = SQL("other.name_key = sought.name_key")
        else:
            alike = SQL(
                "similarity(other.name_key, sought.name_key) >= %s::real", SIMILAR
            )
        sort = SQL("other.is_company IS NOT DISTINCT FROM sought.is_company")
        return SQL("(%s AND %s)", alike, sort)


_BEGIN_ALIKE = SQL(
    "left(other.name_key, %s) = left(sought.name_key, %s)", BEGIN_ALIKE, BEGIN_ALIKE
)
_SAME_COUNTRY = SQL("(other.country_id = sought.country_id) IS NOT FALSE")
_SAME_CITY = SQL("(lower(other.city) = lower(sought.city) AND %s)", _SAME_COUNTRY)


def _same_telling(name):
    """They have the same key, and few others have it."""
    key = SQL.identifier(name)
    return SQL(
        """other.%(key)s = sought.%(key)s AND %(most)s >= (
               SELECT count(*)
                 FROM (SELECT FROM res_partner WHERE %(key)s = sought.%(key)s
                        LIMIT %(most)s + 1) having_it)""",
        key=key,
        most=MOST_ALIKE,
    )


def _is_certain(likenesses):
    return bool({"tax_number", "email"} & set(likenesses)) or (
        "phone" in likenesses and "name" in likenesses
    )
