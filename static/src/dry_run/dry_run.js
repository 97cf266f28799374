import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatCurrency } from "@web/core/currency";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatFloat, formatFloatTime, formatInteger, formatPercentage } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const { DateTime } = luxon;
const LEVELS = ["low", "likely", "high"];

/**
 * What launching a campaign would do: who enters, what work and money it means, and what
 * people would receive. Nothing of it is done.
 *
 * Numbers come first, messages after them: they are written for real people, and undone.
 */
export class DryRun extends Component {
    static template = "crm_playbook.DryRun";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static displayName = _t("Dry Run");

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        const { params, context } = this.props.action;
        this.campaignId = params?.campaign_id || this.props.state?.campaignId || context?.active_id;
        this.state = useState({ told: null, people: null, person: 0, turn: 0 });
        useSetupAction({ getLocalState: () => ({ campaignId: this.campaignId }) });
        onWillStart(() => {
            this.load();
        });
    }

    async load() {
        if (!this.campaignId) {
            return this.action.doAction("crm_playbook.crm_campaign_action", { clearBreadcrumbs: true });
        }
        this.state.told = await this.orm.call("crm.campaign", "dry_run", [[this.campaignId]]);
        await this.loadMessages();
    }

    async loadMessages() {
        this.state.people = null;
        this.state.people = await this.orm.silent.call("crm.campaign", "dry_run_messages", [[this.campaignId]], {
            turn: this.state.turn,
        });
        this.state.person = 0;
    }

    nextPeople() {
        this.state.turn++;
        return this.loadMessages();
    }

    async open(place) {
        const action = await this.orm.call("crm.campaign", "action_view_launch", [[this.campaignId], place]);
        this.action.doAction(action);
    }

    // --- what is shown -----------------------------------------------------------------

    get told() {
        return this.state.told;
    }

    get leftOut() {
        return this.told.left_out.reduce((sum, reason) => sum + reason.count, 0);
    }

    get firstCost() {
        return this.told.cost.fixed + this.told.cost.first_tasks;
    }

    get isOverBudget() {
        return this.told.budget > 0 && this.firstCost > this.told.budget;
    }

    get days() {
        return this.told.tasks.days.map((iso) => {
            const day = DateTime.fromISO(iso);
            return { iso, weekday: day.toFormat("ccc"), number: day.toFormat("d"), name: day.toLocaleString(DateTime.DATE_FULL) };
        });
    }

    /** How full the day of a person would be. */
    fill(cell) {
        const hours = cell.hours + cell.booked_hours;
        const share = cell.available_hours ? hours / cell.available_hours : hours ? Infinity : 0;
        return {
            isOver: share > 1,
            share: Math.min(share, 1) * 100,
            text: cell.available_hours
                ? _t("%(hours)s of %(available)s h", { hours: formatFloatTime(hours), available: formatFloatTime(cell.available_hours) })
                : _t("%(hours)s h, no working hours", { hours: formatFloatTime(hours) }),
        };
    }

    get overloadedDays() {
        return this.told.tasks.people
            .filter((person) => person.id)
            .reduce((sum, person) => sum + person.days.filter((cell) => cell.count && this.fill(cell).isOver).length, 0);
    }

    get later() {
        return this.told.tasks.people.reduce((sum, person) => sum + person.later, 0);
    }

    /** The expected figures, as rows of low, likely and high. */
    get expectations() {
        const { expected, history } = this.told;
        const rows = [
            { key: "conversion", name: _t("Conversion"), values: history.conversion, format: (value) => this.percentage(value) },
            { key: "won", name: _t("Won"), values: expected.won, format: (value) => this.number(Math.round(value)) },
            { key: "revenue", name: _t("Revenue"), values: expected.revenue, format: (value) => this.money(value) },
            { key: "cost", name: _t("Cost"), values: expected.cost, format: (value) => this.money(value) },
            { key: "roi", name: _t("ROI"), values: expected.roi, format: (value) => (value === null ? _t("not defined") : this.percentage(value)) },
        ];
        return rows.map((row) => ({ ...row, cells: LEVELS.map((level) => ({ level, text: row.format(row.values[level]) })) }));
    }

    get receiver() {
        return this.state.people?.[this.state.person];
    }

    smsParts(body) {
        return Math.max(1, Math.ceil(body.length / 160));
    }

    money(value) {
        return formatCurrency(value, this.told.currency_id);
    }

    number(value) {
        return formatInteger(value);
    }

    decimal(value) {
        return formatFloat(value, { digits: [16, 1] });
    }

    percentage(value) {
        return formatPercentage(value, { digits: [16, 1] });
    }
}

registry.category("actions").add("crm_playbook.dry_run", DryRun);
