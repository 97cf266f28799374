from collections import defaultdict

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError

# Each of those who are told, by whom a line speaks of, and what a rule says of them.
TOLD = {
    "tell_journey_salesperson": lambda line: line._journey().user_id,
    "tell_entity_salesperson": lambda line: line.partner_id.user_id,
    "tell_doer": lambda line: line.action_id.user_id,
    "tell_team_leader": lambda line: (
        (line._journey().team_id or line.action_id.team_id).user_id
    ),
}


class CrmPlaybookRule(models.Model):
    """A rule tells users by e-mail what happened and what follows.

    The mail is written in the transaction of the answer, when the ledger has all of it,
    and waits in Odoo's queue: where the answer is undone, so is the mail.
    """

    _inherit = "crm.playbook.rule"

    tell_journey_salesperson = fields.Boolean("Tell the Opportunity's Salesperson")
    tell_entity_salesperson = fields.Boolean("Tell the Entity's Salesperson")
    tell_doer = fields.Boolean("Tell Whoever Did the Action")
    tell_team_leader = fields.Boolean("Tell the Team's Leader")
    tell_user_ids = fields.Many2many(
        "res.users",
        "crm_playbook_rule_tell_user_rel",
        string="Tell These Users",
        domain=[("share", "=", False)],
    )
    tell_template_id = fields.Many2one(
        "mail.template",
        "Told By",
        ondelete="restrict",
        domain=[("model", "=", "crm.transition")],
        help="The e-mail template, over lines of the ledger. The one that says what "
        "happened, who did it and what follows, if empty.",
    )

    @api.constrains("tell_template_id")
    def _check_tell_template(self):
        for rule in self.filtered("tell_template_id"):
            if rule.tell_template_id.model != "crm.transition":
                raise ValidationError(
                    self.env._(
                        "Template %s speaks of something else: users are told by one "
                        "that is for ledger lines.",
                        rule.tell_template_id.name,
                    )
                )

    # === WORDS === #

    @api.depends(*TOLD, "tell_user_ids")
    def _compute_sentence(self):
        return super()._compute_sentence()

    def _effect_texts(self):
        texts = super()._effect_texts()
        if self._tells():
            texts.append(self.env._("tell %s by e-mail", self._told_text()))
        return texts

    def _told_text(self):
        """Who is told, as people say it."""
        names = {
            "tell_journey_salesperson": self.env._("the salesperson"),
            "tell_entity_salesperson": self.env._("the entity's salesperson"),
            "tell_doer": self.env._("whoever did the action"),
            "tell_team_leader": self.env._("the team's leader"),
        }
        asked = [text for name, text in names.items() if self[name]]
        return ", ".join(asked + self.tell_user_ids.mapped("name"))

    # === TELLING === #

    def _tells(self):
        """Whether the rule tells anybody."""
        return bool(self.tell_user_ids or any(self[name] for name in TOLD))

    @api.model
    def _effects(self, trigger):
        """Users are told last: of all that followed."""
        return [*super()._effects(trigger), "tell"]

    def _apply(self, lines):
        result = super()._apply(lines)
        if (
            self
            and lines
            and self._tells()
            and "tell" in self._effects(lines[0].trigger)
        ):
            self._tell_users(lines)
        return result

    def _apply_tell(self, lines):
        """What the ledger says of it; the mail is written once the ledger is."""
        if not self._tells():
            return []
        told = lines.grouped(lambda line: self._told_users(line))
        return [
            (
                self.env._("Told by e-mail: %s", ", ".join(users.mapped("name")))
                if users
                else self.env._("Nobody to tell by e-mail"),
                alike,
            )
            for users, alike in told.items()
        ]

    def _told_users(self, line):
        """Who is told of what a line tells; nobody of what they alone know already."""
        line = line.sudo()
        asked = [of_line(line) for name, of_line in TOLD.items() if self[name]]
        users = self.env["res.users"].sudo().concat(*asked, self.sudo().tell_user_ids)
        users = users.browse(dict.fromkeys(users.ids)).filtered(
            lambda user: (
                user.active
                and not user.share
                and user.email
                and (not line.company_id or line.company_id in user.company_ids)
            )
        )
        return users.browse() if users == self._whose_doing() else users

    @api.model
    def _whose_doing(self):
        """The person at whose click this happens; nobody, if it happens by itself."""
        user = self.env.user
        return user.sudo().browse() if self._happens_by_itself(user) else user.sudo()

    @api.model
    def _happens_by_itself(self, user):
        return user.id == SUPERUSER_ID or user.share

    def _tell_users(self, lines):
        """Write the mails: those of one language are rendered together."""
        partners = defaultdict(lambda: defaultdict(list))
        for line in lines:
            for user in self._told_users(line):
                partners[user.lang or self.env.lang][line.id].append(user.partner_id.id)
        template = self.sudo().tell_template_id or self.env.ref(
            "crm_playbook.mail_template_rule_tells"
        )
        for lang, told in partners.items():
            template.sudo().with_context(
                lang=lang, tell_lang=lang, told_by_line=dict(told)
            ).send_mail_batch(list(told))
        if partners:
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()


class MailTemplate(models.Model):
    """A mail that tells of a ledger line goes to those whom its rule tells."""

    _inherit = "mail.template"

    def _generate_template(self, res_ids, render_fields, **options):
        generated = super()._generate_template(res_ids, render_fields, **options)
        if told := self.env.context.get("told_by_line"):
            for res_id in res_ids:
                generated[res_id] |= {
                    "partner_ids": told[res_id],
                    "email_to": False,
                    "email_cc": False,
                }
        return generated
