import { Component, onWillStart, useState } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { RuleCell } from "./rule_cell";
import { RulesDiagram } from "./rules_diagram";
import { RulesMatrix } from "./rules_matrix";

const RULE = "crm.playbook.rule";

/**
 * What follows from what: the rules of one scope (everywhere, a playbook, a stage) as a matrix to
 * edit, and as a diagram with its traffic.
 */
export class RulesScreen extends Component {
    static template = "crm_playbook.RulesScreen";
    static components = { Layout, RuleCell, RulesDiagram, RulesMatrix };
    static props = { ...standardActionServiceProps };
    static path = "rules";
    static displayName = _t("Rules");

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        const remembered =
            this.props.state?.rules || this.props.action?.context?.rules || this.props.action?.params || {};
        this.look = useState({
            playbook_id: Number(remembered.playbook_id) || false,
            stage_id: Number(remembered.stage_id) || false,
            view: remembered.view === "diagram" ? "diagram" : "matrix",
            days: Number(remembered.days) || 30,
        });
        this.state = useState({ matrix: null, diagram: null, cell: null, copied: null });
        useSetupAction({ getLocalState: () => ({ rules: { ...this.look } }) });
        onWillStart(() => this.load());
    }

    get matrix() {
        return this.state.matrix;
    }

    /** The stages of the playbook that is looked at. */
    get stages() {
        const { playbook_id } = this.matrix.scope;
        return this.matrix.playbooks.find(({ id }) => id === playbook_id)?.stages || [];
    }

    get isEmpty() {
        return !this.matrix.types.length;
    }

    /** The cell of a type and an outcome (false: any), whether or not something stands in it. */
    cell(typeId, outcomeId) {
        const found = this.matrix.cells.find(
            (cell) => cell.type_id === typeId && cell.outcome_id === outcomeId
        );
        return found || { type_id: typeId, outcome_id: outcomeId, rules: [], answer: false, elsewhere: 0 };
    }

    get openCell() {
        const { cell } = this.state;
        return cell && this.cell(cell.type_id, cell.outcome_id);
    }

    isAllowed({ type_id, outcome_id }) {
        if (!type_id || !outcome_id) {
            return true;
        }
        return this.matrix.types.find(({ id }) => id === type_id)?.outcome_ids.includes(outcome_id);
    }

    cellTitle({ type_id, outcome_id }) {
        const type = this.matrix.types.find(({ id }) => id === type_id);
        const outcome = this.matrix.outcomes.find(({ id }) => id === outcome_id);
        return `${type?.name || _t("Any action")} → ${outcome?.name || _t("Any outcome")}`;
    }

    // --- loading -----------------------------------------------------------------------

    async load() {
        const { playbook_id, stage_id, view, days } = this.look;
        const scope = [playbook_id, stage_id];
        const [matrix, diagram] = await this.keepLast.add(
            Promise.all([
                this.orm.call("crm.rules", "get_matrix", scope),
                view === "diagram" && this.orm.call("crm.rules", "get_diagram", [...scope, days]),
            ])
        );
        Object.assign(this.state, { matrix, diagram: diagram || null });
    }

    show(look) {
        Object.assign(this.look, look);
        this.state.cell = null;
        const { playbook_id, stage_id, view, days } = this.look;
        this.props.updateActionState?.({
            playbook_id: playbook_id || undefined,
            stage_id: stage_id || undefined,
            view,
            days,
        });
        return this.load();
    }

    onPlaybook(ev) {
        return this.show({ playbook_id: Number(ev.target.value) || false, stage_id: false });
    }

    onStage(ev) {
        return this.show({ stage_id: Number(ev.target.value) || false });
    }

    // --- cells -------------------------------------------------------------------------

    /** An empty cell gets its rule at once; one that holds something says what. */
    async onCell(cell) {
        if (this.state.copied) {
            return this.paste(cell);
        }
        if (!this.isAllowed(cell) || !(cell.rules.length || cell.answer)) {
            this.state.cell = null;
            return this.newRule(cell);
        }
        if (cell.rules.length === 1) {
            this.state.cell = { type_id: cell.type_id, outcome_id: cell.outcome_id };
            return this.editRule(cell.rules[0]);
        }
        this.openPanel(cell);
    }

    openPanel({ type_id, outcome_id }) {
        this.state.cell = { type_id, outcome_id };
    }

    closePanel() {
        this.state.cell = null;
    }

    scopeValues() {
        const { playbook_id, stage_id } = this.matrix.scope;
        return { playbook_id, stage_id };
    }

    newRule({ type_id, outcome_id }) {
        const values = { ...this.scopeValues(), action_type_id: type_id, outcome_id };
        values.trigger = outcome_id ? "outcome" : "attempts";
        return this.openRule(false, this.cellTitle({ type_id, outcome_id }), values);
    }

    newOther() {
        return this.openRule(false, _t("When something else happens"), {
            ...this.scopeValues(),
            trigger: "order_confirmed",
        });
    }

    editRule(rule) {
        const { cell } = this.state;
        return this.openRule(rule.id, cell ? this.cellTitle(cell) : rule.sentence);
    }

    /** Whatever a rule needs (its outcome among those of its type) is saved with it, or nothing is. */
    openRule(ruleId, title, defaults = {}) {
        const context = { form_view_ref: "crm_playbook.crm_playbook_rule_view_form_cell" };
        for (const [name, value] of Object.entries(defaults)) {
            context[`default_${name}`] = value;
        }
        this.dialog.add(FormViewDialog, {
            resModel: RULE,
            resId: ruleId,
            title,
            context,
            canExpand: false,
            size: "lg",
            onRecordSave: async (record) => {
                if (!(await record.checkValidity({ displayNotification: true }))) {
                    return false;
                }
                const changes = await record.getChanges();
                const values = ruleId ? changes : { ...defaults, ...changes };
                await this.orm.call("crm.rules", "save_rule", [values, ruleId]);
                await this.load();
                return true;
            },
        });
    }

    removeRule(rule) {
        this.dialog.add(ConfirmationDialog, {
            body: _t("Remove this rule? One that the ledger tells of is archived."),
            confirmLabel: _t("Remove"),
            confirm: async () => {
                await this.orm.call("crm.rules", "remove_rule", [rule.id]);
                await this.load();
            },
            cancel: () => {},
        });
    }

    copyRule(rule) {
        this.state.copied = rule;
        this.state.cell = null;
    }

    stopCopying() {
        this.state.copied = null;
    }

    async paste({ type_id, outcome_id }) {
        const { id } = this.state.copied;
        const values = { ...this.scopeValues(), action_type_id: type_id, outcome_id };
        await this.orm.call("crm.rules", "copy_rule", [id, values]);
        this.state.copied = null;
        await this.load();
    }

    async allow(cell) {
        await this.orm.call("crm.rules", "allow", [cell.type_id, cell.outcome_id]);
        await this.load();
    }

    forbid(cell) {
        const count = cell.rules.length + cell.elsewhere;
        this.dialog.add(ConfirmationDialog, {
            title: this.cellTitle(cell),
            body: count
                ? _t("Actions of this type will no longer end so. Its rules go too, in all scopes: %s.", count)
                : _t("Actions of this type will no longer end so."),
            confirmLabel: _t("Take It Away"),
            confirm: async () => {
                await this.orm.call("crm.rules", "forbid", [cell.type_id, cell.outcome_id]);
                this.state.cell = null;
                await this.load();
            },
            cancel: () => {},
        });
    }

    // --- types, outcomes, statuses -----------------------------------------------------

    openWord(resModel, title, resId = false) {
        const simple = {
            "crm.action.type": "crm_playbook.crm_action_type_view_form_simple",
            "crm.outcome": "crm_playbook.crm_outcome_view_form_simple",
        };
        this.dialog.add(FormViewDialog, {
            resModel,
            resId,
            title,
            size: "md",
            canExpand: Boolean(resId),
            context: simple[resModel] ? { form_view_ref: simple[resModel] } : {},
            onRecordSaved: () => this.load(),
        });
    }

    newType() {
        this.openWord("crm.action.type", _t("New action type"));
    }

    newOutcome() {
        this.openWord("crm.outcome", _t("New outcome"));
    }

    newStatus() {
        this.openWord("crm.commercial.status", _t("New status"));
    }

    onType(type) {
        this.openWord("crm.action.type", type.name, type.id);
    }

    openList() {
        return this.action.doAction("crm_playbook.crm_playbook_rule_action");
    }

    // --- what to look at ---------------------------------------------------------------

    /** Where something is to be seen: the cell or the rule in the matrix, the type, the status. */
    async goTo(finding) {
        if (finding.rule_id) {
            return this.openRule(finding.rule_id, finding.text);
        }
        if (finding.status_id) {
            return this.openWord("crm.commercial.status", finding.text, finding.status_id);
        }
        if (!finding.outcome_id) {
            return this.openWord("crm.action.type", finding.text, finding.type_id);
        }
        const { stage_id } = this.look;
        await this.show({ view: "matrix", stage_id: finding.stage_id || stage_id });
        this.openPanel(finding);
    }
}

registry.category("actions").add("crm_playbook.rules_screen", RulesScreen);
