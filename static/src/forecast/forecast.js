import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { ForecastAccuracy } from "./forecast_accuracy";
import { ForecastFunnel } from "./forecast_funnel";
import { ForecastGrid } from "./forecast_grid";
import { ForecastWaterfall } from "./forecast_waterfall";
import { integer, money, percentage, times } from "./numbers";

const { DateTime } = luxon;
const COUNTS = { month: 3, quarter: 4, year: 3 };
const TABS = ["forecast", "accuracy"];

/** What is to come, by whom and when: the page of the weekly meeting. */
export class Forecast extends Component {
    static template = "crm_playbook.Forecast";
    static components = { Layout, ForecastAccuracy, ForecastFunnel, ForecastGrid, ForecastWaterfall };
    static props = { ...standardActionServiceProps };
    static path = "forecast";
    static displayName = _t("Forecast");

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.ui = useService("ui");
        this.keepLast = new KeepLast();
        this.keepLastAround = new KeepLast();
        const asked = this.props.state?.asked || this.props.action?.params || {};
        this.asked = useState({
            period: asked.period in COUNTS ? asked.period : "month",
            at: asked.at || false,
            chosen: asked.chosen || false,
            team_id: Number(asked.team_id) || false,
            user_id: Number(asked.user_id) || false,
            as_of: asked.as_of || false,
            since: asked.since || false,
            tab: TABS.includes(asked.tab) ? asked.tab : "forecast",
        });
        this.state = useState({ told: null, around: null, choices: [] });
        useSetupAction({ getLocalState: () => ({ asked: { ...this.asked } }) });
        onWillStart(async () => {
            await this.load();
            this.state.choices = this.isFiltered ? (await this.askForecast({})).rows : this.told.rows;
        });
    }

    // --- what is asked for -------------------------------------------------------------

    get isFiltered() {
        return Boolean(this.asked.team_id || this.asked.user_id);
    }

    get whose() {
        return { team_id: this.asked.team_id, user_id: this.asked.user_id };
    }

    askForecast(whose) {
        const { at, period, as_of } = this.asked;
        const asked = { first: at || null, period, count: COUNTS[period], as_of: as_of || null, ...whose };
        return this.orm.call("crm.forecast", "get_forecast", [], asked);
    }

    async load() {
        this.state.told = await this.keepLast.add(this.askForecast(this.whose));
        if (!this.told.periods.some(({ key }) => key === this.asked.chosen)) {
            const { periods } = this.told;
            this.asked.chosen = (periods.find((one) => one.is_current) || periods[0]).key;
        }
        this.tellAddress();
        this.loadAround();
    }

    /** What is asked for stands in the address of the page, to be kept and sent. */
    tellAddress() {
        const asked = Object.entries(this.asked).map(([name, value]) => [name, value || undefined]);
        this.props.updateActionState?.(Object.fromEntries(asked));
    }

    /** What stands around the grid, of the chosen period: it may come a moment later. */
    async loadAround() {
        const { first, last } = this.chosen;
        const span = { first, last, ...this.whose };
        const ask = (method, asked, model = "crm.forecast") => this.orm.call(model, method, [], asked);
        const { start, end } = this;
        const [waterfall, funnel, families, range] = await this.keepLastAround.add(
            Promise.all([
                ask("get_waterfall", { start, end, ...span }),
                ask("get_funnel", { ...span, as_of: this.asked.as_of || null }),
                ask("get_family_attainment", span, "crm.forecast.quota"),
                this.asked.as_of ? null : ask("get_range", span),
            ])
        );
        this.state.around = { waterfall, funnel, families, range };
    }

    ask(changes) {
        Object.assign(this.asked, changes);
        return this.load();
    }

    filter(name, value) {
        return this.ask({ [name]: Number(value) || false });
    }

    choose(key) {
        this.asked.chosen = key;
        this.tellAddress();
        return this.loadAround();
    }

    show(tab) {
        this.asked.tab = tab;
        this.tellAddress();
    }

    goBy(number) {
        const at = DateTime.fromISO(this.told.periods[0].first).plus({ [`${this.asked.period}s`]: number });
        return this.ask({ at: at.toISODate() });
    }

    /** Whether a day is one on which something stood: a past one. */
    setAsOf(day) {
        return this.ask({ as_of: day && day < this.told.today ? day : false, since: false });
    }

    setSince(start) {
        if (start && start < this.end) {
            this.asked.since = start;
            this.tellAddress();
            this.loadAround();
        }
    }

    get end() {
        return this.asked.as_of || this.told.today;
    }

    get start() {
        return this.asked.since || DateTime.fromISO(this.end).minus({ days: 7 }).toISODate();
    }

    // --- what is shown -----------------------------------------------------------------

    get told() {
        return this.state.told;
    }

    get chosen() {
        const { periods } = this.told;
        return periods.find(({ key }) => key === this.asked.chosen) || periods[0];
    }

    get columns() {
        return this.ui.isSmall ? [this.chosen] : this.told.periods;
    }

    get cell() {
        return this.told.rows[0].cells[this.told.periods.indexOf(this.chosen)];
    }

    get isEmpty() {
        const { total } = this.told.rows[0];
        const { overdue, without_date } = this.told;
        const counts = Object.values(total.counts).some(Boolean);
        return !counts && !total.quota && !total.adjustment && !overdue.count && !without_date.count;
    }

    get teams() {
        return this.state.choices.filter((row) => row.kind === "team" && row.team_id > 0);
    }

    get people() {
        const people = this.state.choices.filter((row) => row.kind === "person" && row.user_id > 0);
        const byId = new Map(people.map((row) => [row.user_id, { id: row.user_id, name: row.name }]));
        return [...byId.values()].sort((one, other) => one.name.localeCompare(other.name));
    }

    /** The figures of the chosen period. */
    get cards() {
        const { amounts, quota, forecast, attainment, coverage, slipped, gap } = this.cell;
        const open = (category) => () => this.openCell({ category });
        const cards = [
            { name: "quota", label: _t("Quota"), text: quota ? this.money(quota) : "–" },
            { name: "closed", label: _t("Closed"), text: this.money(amounts.closed), open: open("closed") },
            { name: "commit", label: _t("Commit"), text: this.money(amounts.commit), open: open("commit") },
            { name: "best_case", label: _t("Best case"), text: this.money(amounts.best_case), open: open("best_case") },
            { name: "pipeline", label: _t("Pipeline"), text: this.money(amounts.pipeline), open: open("pipeline") },
            {
                name: "forecast",
                label: _t("Forecast"),
                text: this.money(forecast),
                hint: quota ? (gap > 0 ? _t("%s short of the quota", this.money(gap)) : _t("%s above the quota", this.money(-gap))) : "",
                isBad: quota && gap > 0,
            },
            { name: "attainment", label: _t("Attainment"), text: attainment === false ? "–" : percentage(attainment), hint: _t("closed, of the quota") },
            { name: "coverage", label: _t("Coverage"), text: coverage === false ? "–" : times(coverage), hint: _t("open, of what is missing") },
            { name: "slipped", label: _t("Slipped"), text: this.money(slipped.amount), hint: this.counted(slipped.count), open: () => this.openSlipped() },
        ];
        const range = this.state.around?.range;
        if (range) {
            cards.splice(6, 0, {
                name: "range",
                label: _t("8 of 10 times"),
                text: `${this.money(range.low)} – ${this.money(range.high)}`,
                hint: this.rangeText(range),
                title: _t(
                    "%(draws)s draws with seed %(seed)s; %(history)s opportunities by the win rates of the past, %(own)s by their own probability",
                    { draws: integer(range.draws), seed: range.seed, history: range.made_of.history, own: range.made_of.opportunity }
                ),
            });
        }
        return cards;
    }

    rangeText(range) {
        return _t("likely %s", this.money(range.likely));
    }

    counted(count) {
        return count === 1 ? _t("1 opportunity") : _t("%s opportunities", integer(count));
    }

    money(value) {
        return money(value, this.told.currency_id);
    }

    percentage(value) {
        return percentage(value);
    }

    share(family) {
        return Math.min(100 * (family.attainment || 0), 100);
    }

    // --- what is behind ----------------------------------------------------------------

    async open(method, asked) {
        this.action.doAction(await this.orm.call("crm.forecast", method, [], asked));
    }

    get asOf() {
        return { as_of: this.asked.as_of || null };
    }

    /** A row of a team or a person; of the company with what is filtered. */
    whoseRow(row) {
        return row.kind === "company" ? this.whose : { team_id: row.team_id, user_id: row.user_id };
    }

    openCell({ row = this.told.rows[0], period = this.chosen, category = null }) {
        const { first, last } = period;
        return this.open("open_cell", { first, last, category, ...this.whoseRow(row), ...this.asOf });
    }

    openSlipped({ row = this.told.rows[0], period = this.chosen } = {}) {
        const { first, last } = period;
        return this.open("open_slipped", { first, last, ...this.whoseRow(row), ...this.asOf });
    }

    openOverdue() {
        return this.open("open_overdue", { ...this.whose, ...this.asOf });
    }

    openWithoutDate() {
        return this.open("open_without_date", { ...this.whose, ...this.asOf });
    }

    openStage(stage_id) {
        const { first, last } = this.chosen;
        return this.open("open_stage", { stage_id, first, last, ...this.whose });
    }

    openStep(name) {
        const { first, last } = this.chosen;
        const { start, end } = this.state.around.waterfall;
        return this.open("open_step", { name, start, end, first, last, ...this.whose });
    }

    openPipeline() {
        this.action.doAction("crm.crm_lead_action_pipeline");
    }

    print() {
        const { first, last } = this.chosen;
        const { at, period } = this.asked;
        return this.action.doAction({
            type: "ir.actions.report",
            report_type: "qweb-pdf",
            report_name: "crm_playbook.report_forecast",
            data: { at: at || false, period, count: COUNTS[period], first, last, start: this.start, ...this.whose, ...this.asOf },
        });
    }

    // --- what is changed ---------------------------------------------------------------

    async setQuota(row, { first, last }, amount) {
        await this.orm.call("crm.forecast.quota", "set_quota", [row.team_id, row.user_id, first, last, amount]);
        await this.load();
    }

    async adjust(row, { month, amount, note }) {
        await this.orm.call("crm.forecast.adjustment", "adjust", [month, amount, note], {
            team_id: row.team_id,
            user_id: row.user_id,
        });
        await this.load();
    }
}

registry.category("actions").add("crm_playbook.forecast", Forecast);
