import { Component } from "@odoo/owl";

/** What stands in one cell: its rules, what answers instead, and what can be done about it. */
export class RuleCell extends Component {
    static template = "crm_playbook.RuleCell";
    static props = {
        cell: Object,
        title: String,
        isAllowed: { type: Boolean, optional: true },
        onNew: Function,
        onEdit: Function,
        onCopy: Function,
        onRemove: Function,
        onAllow: Function,
        onForbid: Function,
        onClose: Function,
    };

    get isOfOneType() {
        return this.props.cell.type_id && this.props.cell.outcome_id;
    }
}
