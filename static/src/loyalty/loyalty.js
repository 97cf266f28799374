import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { formatFloat, formatInteger, formatPercentage } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const { DateTime } = luxon;
// So many intervals after the first purchase fit on a screen.
const MOST_COLUMNS = 24;

/** Customers by when they first bought, and how many of them bought again: a heat map. */
export class Loyalty extends Component {
    static template = "crm_playbook.Loyalty";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static path = "loyalty";
    static displayName = _t("Loyalty");

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.asked = useState({ interval: "month", segment_id: false });
        this.state = useState({ told: null, segments: [] });
        onWillStart(async () => {
            [this.state.segments] = await Promise.all([
                this.orm.searchRead("crm.segment", [], ["name"]),
                this.load(),
            ]);
        });
    }

    async load() {
        this.state.told = await this.keepLast.add(this.orm.call("crm.loyalty", "get_loyalty", [], { ...this.asked }));
    }

    ask(changes) {
        Object.assign(this.asked, changes);
        return this.load();
    }

    onSegment(ev) {
        return this.ask({ segment_id: Number(ev.target.value) || false });
    }

    get told() {
        return this.state.told;
    }

    get columns() {
        const longest = Math.max(...this.told.cohorts.map((cohort) => cohort.buyers.length), 1);
        return [...Array(Math.min(longest - 1, MOST_COLUMNS)).keys()].map((number) => number + 1);
    }

    cohortName({ date }) {
        const forms = { month: "LLL yyyy", quarter: "'Q'q yyyy", year: "yyyy" };
        return DateTime.fromISO(date).toFormat(forms[this.asked.interval]);
    }

    /** How many of a cohort bought again then; nothing where that time is still to come. */
    cell(cohort, number) {
        if (number >= cohort.buyers.length) {
            return null;
        }
        const buyers = cohort.buyers[number];
        const share = buyers / cohort.customers;
        return { buyers, text: this.percentage(share), shade: Math.min(share * 1.6, 0.9) };
    }

    async open(cohort, number) {
        const { interval, segment_id } = this.asked;
        const asked = { segment_id };
        const action = await this.orm.call("crm.loyalty", "open_customers", [interval, cohort.date, number], asked);
        this.action.doAction(action);
    }

    number(value) {
        return formatInteger(value);
    }

    decimal(value) {
        return formatFloat(value, { digits: [16, 2] });
    }

    percentage(value) {
        return formatPercentage(value, { digits: [16, 0] });
    }
}

registry.category("actions").add("crm_playbook.loyalty", Loyalty);
