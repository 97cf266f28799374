import { Component, onWillStart, useState } from "@odoo/owl";
import { formatCurrency } from "@web/core/currency";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatFloat, formatInteger, formatPercentage } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { MonthsChart } from "./months_chart";

const { DateTime } = luxon;
const PERIODS = ["month", "quarter", "year", "all"];

/**
 * The results on one page, good enough to show in a meeting: what it took, what it brought,
 * how far it came, and by whom. Every number opens what is behind it.
 */
export class Dashboard extends Component {
    static template = "crm_playbook.Dashboard";
    static components = { Layout, MonthsChart };
    static props = { ...standardActionServiceProps };
    static path = "campaign-dashboard";
    static displayName = _t("Dashboard");

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        const asked = this.props.state?.asked || this.props.action?.params || {};
        this.asked = useState({
            period: PERIODS.includes(asked.period) ? asked.period : "year",
            at: asked.at || DateTime.local().toISODate(),
            campaign_id: Number(asked.campaign_id) || false,
            team_id: Number(asked.team_id) || false,
            user_id: Number(asked.user_id) || false,
        });
        this.state = useState({ told: null, choices: null });
        useSetupAction({ getLocalState: () => ({ asked: { ...this.asked } }) });
        onWillStart(async () => {
            const [choices] = await Promise.all([this.orm.call("crm.dashboard", "get_choices"), this.load()]);
            this.state.choices = choices;
        });
    }

    // --- what is asked for -------------------------------------------------------------

    get span() {
        const at = DateTime.fromISO(this.asked.at);
        const { period } = this.asked;
        return period === "all" ? null : { first: at.startOf(period), last: at.endOf(period) };
    }

    get title() {
        const { period } = this.asked;
        if (period === "all") {
            return _t("All time");
        }
        const { first } = this.span;
        const forms = { month: "LLLL yyyy", quarter: "'Q'q yyyy", year: "yyyy" };
        return first.toFormat(forms[period]);
    }

    async load() {
        const { campaign_id, team_id, user_id } = this.asked;
        const asked = { campaign_id, team_id, user_id };
        if (this.span) {
            asked.first = this.span.first.toISODate();
            asked.last = this.span.last.toISODate();
        }
        this.state.told = await this.keepLast.add(this.orm.call("crm.dashboard", "get_dashboard", [], asked));
    }

    ask(changes) {
        Object.assign(this.asked, changes);
        return this.load();
    }

    goBy(number) {
        const at = DateTime.fromISO(this.asked.at).plus({ [`${this.asked.period}s`]: number });
        return this.ask({ at: at.toISODate() });
    }

    onChoose(name, ev) {
        return this.ask({ [name]: Number(ev.target.value) || false });
    }

    // --- what is shown -----------------------------------------------------------------

    get told() {
        return this.state.told;
    }

    get totals() {
        return this.told.totals;
    }

    get isEmpty() {
        return !this.told.months.length;
    }

    /** The figures on top: what, how much, and how it was before. */
    get tiles() {
        const tiles = [
            ["opportunity_count", _t("opportunities"), (value) => this.number(value)],
            ["won_count", _t("won"), (value) => this.number(value)],
            ["conversion", this.span ? _t("won of those closed") : _t("conversion"), (value) => this.percentage(value)],
            ["done_action_count", _t("actions done"), (value) => this.number(value)],
            ["days_per_sale", _t("days per sale"), (value) => this.decimal(value)],
            ["appointments_per_sale", _t("appointments per sale"), (value) => this.decimal(value)],
        ];
        const money = [
            ["revenue", _t("revenue"), (value) => this.money(value)],
            ["cost", _t("cost"), (value) => this.money(value), true],
            ["roi", _t("ROI"), (value) => this.percentage(value)],
            ["invoiced", _t("invoiced"), (value) => this.money(value)],
            ["paid", _t("paid"), (value) => this.money(value)],
        ];
        return [...(this.told.sees_money ? money : []), ...tiles].map(([name, label, format, isBadWhenMore]) => ({
            name,
            label,
            text: this.isNothing(this.totals[name]) ? "–" : format(this.totals[name]),
            change: this.change(name, isBadWhenMore),
        }));
    }

    get nobody() {
        return _t("Nobody");
    }

    get withoutProduct() {
        return _t("Without product");
    }

    isNothing(value) {
        return value === null || value === undefined;
    }

    /** How much more or less than in as many days before. */
    change(name, isBadWhenMore) {
        const [now, before] = [this.totals[name], this.told.before[name]];
        if (!before || this.isNothing(now)) {
            return null;
        }
        const share = (now - before) / Math.abs(before);
        const sign = share > 0 ? "+" : "";
        return {
            text: `${sign}${this.percentage(share)}`,
            isGood: isBadWhenMore ? share < 0 : share > 0,
            isBad: isBadWhenMore ? share > 0 : share < 0,
        };
    }

    get stages() {
        return (this.told.funnel.stages || []).map((stage) => ({
            ...stage,
            width: 100 * Math.min(stage.share_of_first || 0, 1),
        }));
    }

    share(part, rows, name) {
        const most = Math.max(...rows.map((row) => row[name]), 1);
        return (100 * part) / most;
    }

    rate(part, whole) {
        return whole ? this.percentage(part / whole) : "–";
    }

    money(value) {
        return formatCurrency(value, this.told.currency_id, { humanReadable: Math.abs(value) >= 1e6 });
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

    // --- what is behind ----------------------------------------------------------------

    /** Open the results behind a number, as a pivot that goes down to the records. */
    openFigures(name, domain = []) {
        return this.openReport("crm_playbook.crm_campaign_figure_action", domain, {
            pivot_measures: [name],
            pivot_row_groupby: ["crm_campaign_id"],
        });
    }

    async openReport(xmlId, domain = [], context = {}) {
        const action = await this.action.loadAction(xmlId);
        return this.action.doAction({ ...action, domain: [...this.told.domain, ...domain], context });
    }

    openCampaign(id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.campaign",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openCampaigns() {
        this.action.doAction("crm_playbook.crm_campaign_action");
    }
}

registry.category("actions").add("crm_playbook.dashboard", Dashboard);
