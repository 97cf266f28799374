from collections import defaultdict

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Command, Domain

from .crm_playbook_rule_answer import ANSWERING_TRIGGERS, OUTCOME_TRIGGERS

SHAPERS = "sales_team.group_sale_manager"


class CrmRules(models.AbstractModel):
    """The rules of one scope seen whole, as plain data for a screen, and shaped there.

    A scope is everywhere, a playbook, or one stage of it. Only sales administrators
    come in; what they change is changed with their own rights.
    """

    _name = "crm.rules"
    _description = "Rules Seen Whole"

    # === CONTRACT === #

    @api.model
    def get_matrix(self, playbook_id=False, stage_id=False):
        """Action types by outcomes, and in each cell what follows.

        :return: dict of ``scope``, ``playbooks`` to choose from, ``types``,
            ``outcomes``, ``statuses``, ``cells`` and ``others`` (rules that answer no
            outcome). A cell has the ids ``type_id`` and ``outcome_id`` (False for any),
            ``rules`` of this very scope, ``answer``: the rule that answers instead
            where none of these always does, or False, and ``elsewhere``: the number of
            rules for it in other scopes
        :raise AccessError: for who does not shape the rules
        """
        scope = self._scope(playbook_id, stage_id)
        types = self.env["crm.action.type"].search([])
        return {
            "scope": self._tell_scope(*scope),
            "playbooks": self._tell_playbooks(),
            "types": [self._tell_type(one) for one in types],
            "outcomes": [
                {"id": one.id, "name": one.name, "tone": one.tone}
                for one in self.env["crm.outcome"].search([])
            ],
            "statuses": [
                {"id": one.id, "name": one.name, "color": one.color}
                for one in self.env["crm.commercial.status"].search([])
            ],
            "cells": self._tell_cells(types, *scope),
            "others": [
                self._tell_rule(rule)
                for rule in self._of_scope(*scope)
                if rule.trigger not in OUTCOME_TRIGGERS
            ],
        }

    @api.model
    def save_rule(self, values, rule_id=False):
        """Write a rule, or make one. The outcome that it answers is allowed to its type
        where it was not: both happen, or neither.

        :param dict values: of :class:`CrmPlaybookRule`
        :return: the id of the rule
        """
        self._check_may_shape()
        rule = self.env["crm.playbook.rule"].browse(rule_id or [])
        self._allow(
            values.get("action_type_id", rule.action_type_id.id),
            values.get("outcome_id", rule.outcome_id.id),
        )
        if rule:
            rule.write(values)
        else:
            rule = rule.create(values)
        return rule.id

    @api.model
    def copy_rule(self, rule_id, values):
        """Make another rule with the same effects.

        :param dict values: what it answers, and where
        :return: the id of the new rule
        """
        self._check_may_shape()
        self._allow(values.get("action_type_id"), values.get("outcome_id"))
        return self.env["crm.playbook.rule"].browse(rule_id).copy(values).id

    @api.model
    def remove_rule(self, rule_id):
        """Delete a rule; where the ledger tells of it, archive it."""
        self._check_may_shape()
        self.env["crm.playbook.rule"].browse(rule_id)._retire()

    @api.model
    def allow(self, action_type_id, outcome_id):
        """Let actions of a type end with an outcome, whatever follows."""
        self._check_may_shape()
        self._allow(action_type_id, outcome_id)

    @api.model
    def forbid(self, action_type_id, outcome_id):
        """Let actions of a type no longer end with an outcome: the rules for it go, in
        all scopes.
        """
        self._check_may_shape()
        rules = self.env["crm.playbook.rule"]
        answers = Domain("action_type_id", "=", action_type_id)
        rules.search(answers & Domain("outcome_id", "=", outcome_id))._retire()
        action_type = self.env["crm.action.type"].browse(action_type_id)
        action_type.outcome_ids = [Command.unlink(outcome_id)]

    # === SCOPE === #

    @api.model
    def _check_may_shape(self):
        if not self.env.user.has_group(SHAPERS):
            raise AccessError(
                self.env._("Only sales administrators shape what follows.")
            )

    @api.model
    def _scope(self, playbook_id, stage_id):
        """Playbook and stage, both empty everywhere."""
        self._check_may_shape()
        stage = self.env["crm.playbook.stage"].browse(stage_id or []).exists()
        playbook = self.env["crm.playbook"].browse(playbook_id or []).exists()
        return stage.playbook_id or playbook, stage

    @api.model
    def _of_scope(self, playbook, stage):
        """The rules of this very scope."""
        return self.env["crm.playbook.rule"].search(
            Domain("playbook_id", "=", playbook.id) & Domain("stage_id", "=", stage.id)
        )

    @api.model
    def _that_answer(self, playbook, stage):
        """Rules that may answer outcomes in the scope, the best first."""
        rules = self.env["crm.playbook.rule"].search(
            Domain("trigger", "in", OUTCOME_TRIGGERS)
            & Domain("playbook_id", "in", [playbook.id, False])
            & Domain("stage_id", "in", [stage.id, False])
        )
        triggers = ANSWERING_TRIGGERS["outcome"]
        return rules.sorted(lambda rule: rule._precedence(triggers))

    # === WORDS === #

    @api.model
    def _tell_scope(self, playbook, stage):
        return {
            "playbook_id": playbook.id,
            "playbook": playbook.name,
            "stage_id": stage.id,
            "stage": stage.name,
        }

    @api.model
    def _tell_playbooks(self):
        return [
            {
                "id": playbook.id,
                "name": playbook.name,
                "stages": [
                    {"id": stage.id, "name": stage.name} for stage in playbook._steps()
                ],
            }
            for playbook in self.env["crm.playbook"].search([])
        ]

    @api.model
    def _tell_type(self, action_type):
        return {
            "id": action_type.id,
            "name": action_type.name,
            "icon": action_type.icon,
            "outcome_ids": action_type.outcome_ids.ids,
        }

    @api.model
    def _tell_rule(self, rule):
        return {
            "id": rule.id,
            "trigger": rule.trigger,
            "attempts": rule.trigger == "attempts" and rule.attempts,
            "sentence": rule.sentence,
            "scope": rule.stage_id.name or rule.playbook_id.name or False,
            "chips": rule._chips(),
        }

    # === CELLS === #

    @api.model
    def _tell_cells(self, types, playbook, stage):
        """Each allowed outcome of each type, and whatever else has a rule."""
        answering = self._that_answer(playbook, stage)
        own = defaultdict(lambda: answering.browse())
        for rule in answering:
            if rule.playbook_id == playbook and rule.stage_id == stage:
                own[rule.action_type_id.id, rule.outcome_id.id] |= rule
        elsewhere = self._elsewhere(playbook, stage)
        allowed = [
            (one.id, outcome) for one in types for outcome in one.outcome_ids.ids
        ]
        return [
            {
                "type_id": type_id,
                "outcome_id": outcome_id,
                "rules": [self._tell_rule(rule) for rule in own[type_id, outcome_id]],
                "answer": self._tell_answer(
                    answering, own[type_id, outcome_id], type_id, outcome_id
                ),
                "elsewhere": elsewhere.get((type_id, outcome_id), 0),
            }
            for type_id, outcome_id in dict.fromkeys([*allowed, *own])
        ]

    @api.model
    def _tell_answer(self, answering, own, type_id, outcome_id):
        """The rule that always answers, where it is none of the cell's own."""
        if not (type_id and outcome_id):
            return False
        for rule in answering:
            if rule.trigger == "outcome" and rule._minds(type_id, outcome_id):
                return rule not in own and self._tell_rule(rule)
        return False

    @api.model
    def _elsewhere(self, playbook, stage):
        """{(type, outcome): the number of rules for it in other scopes}, as ids."""
        here = Domain("playbook_id", "=", playbook.id)
        here &= Domain("stage_id", "=", stage.id)
        rows = self.env["crm.playbook.rule"]._read_group(
            Domain("trigger", "in", OUTCOME_TRIGGERS) & ~here,
            ["action_type_id", "outcome_id"],
            ["__count"],
        )
        return {
            (action_type.id, outcome.id): count for action_type, outcome, count in rows
        }

    @api.model
    def _allow(self, action_type_id, outcome_id):
        action_type = self.env["crm.action.type"].browse(action_type_id or [])
        if action_type and outcome_id and outcome_id not in action_type.outcome_ids.ids:
            action_type.outcome_ids = [Command.link(outcome_id)]
