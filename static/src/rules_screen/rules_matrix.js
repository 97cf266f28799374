import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

const ANY = { id: false, outcome_ids: [] };
const ICONS = {
    task: "fa-arrow-right",
    status: "fa-flag",
    points: "fa-star",
    next: "fa-step-forward",
    stage: "fa-share",
    won: "fa-trophy",
    lost: "fa-times",
    campaign: "fa-bullhorn",
    tell: "fa-envelope-o",
};

/**
 * Action types by outcomes, with what follows in each cell; where the screen is narrow, a list of
 * types with the outcomes of each.
 */
export class RulesMatrix extends Component {
    static template = "crm_playbook.RulesMatrix";
    static props = {
        matrix: Object,
        openCell: { type: [Object, { value: null }], optional: true },
        cell: Function,
        isAllowed: Function,
        onCell: Function,
        onPanel: Function,
        onType: Function,
        onRule: Function,
        onOther: Function,
    };

    setup() {
        this.filter = useState({ text: "", all: true });
    }

    get anyType() {
        return { ...ANY, name: _t("Any action") };
    }

    get anyOutcome() {
        return { ...ANY, name: _t("Any outcome") };
    }

    get types() {
        const text = this.filter.text.trim().toLowerCase();
        const named = this.props.matrix.types.filter(({ name }) => name.toLowerCase().includes(text));
        return text ? named : [...named, this.anyType];
    }

    /** All of them, or those alone that stand in a cell of the types that are shown. */
    get outcomes() {
        const { outcomes } = this.props.matrix;
        const all = [...outcomes, this.anyOutcome];
        return this.filter.all ? all : all.filter(({ id }) => this.types.some((type) => this.holds(type, id)));
    }

    /** The outcomes that a type has, for the list. */
    outcomesOf(type) {
        return [...this.props.matrix.outcomes, this.anyOutcome].filter(({ id }) => this.holds(type, id));
    }

    otherOutcomes(type) {
        return this.props.matrix.outcomes.filter(({ id }) => !this.holds(type, id));
    }

    holds(type, outcomeId) {
        const cell = this.props.cell(type.id, outcomeId);
        return type.outcome_ids.includes(outcomeId) || Boolean(cell.rules.length);
    }

    /** What is written in a cell: its first rule, else the one that answers instead. */
    shown(cell) {
        return cell.rules[0] || cell.answer || null;
    }

    isOpen({ type_id, outcome_id }) {
        const { openCell } = this.props;
        return Boolean(openCell && openCell.type_id === type_id && openCell.outcome_id === outcome_id);
    }

    icon({ kind }) {
        return ICONS[kind];
    }

    /** Nothing follows in any scope; any type or any outcome need not be answered. */
    isUnanswered(cell) {
        const { type_id, outcome_id, elsewhere } = cell;
        const isOne = type_id && outcome_id && this.props.isAllowed(cell);
        return Boolean(isOne && !elsewhere && !this.shown(cell));
    }

    classOf(cell) {
        return {
            o_rules_own: cell.rules.length,
            o_rules_inherited: !cell.rules.length && cell.answer,
            o_rules_unanswered: this.isUnanswered(cell),
            o_rules_forbidden: !this.props.isAllowed(cell),
            active: this.isOpen(cell),
        };
    }

    label(cell, type, outcome) {
        const rule = this.shown(cell);
        return `${type.name} → ${outcome.name}${rule ? `: ${rule.sentence}` : ""}`;
    }

    onAdd(type, ev) {
        const outcomeId = Number(ev.target.value);
        ev.target.value = "";
        if (outcomeId) {
            this.props.onCell(this.props.cell(type.id, outcomeId));
        }
    }
}
