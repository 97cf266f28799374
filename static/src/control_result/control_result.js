import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { formatCurrency } from "@web/core/currency";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger, formatPercentage } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

// The drawing is as wide as that, whatever the width of the screen.
const WIDTH = 1000;
const MARGIN = 80;
const LOOKS = {
    more: "success",
    less: "danger",
    same: "secondary",
};

/**
 * What both arms of a campaign bought, and the difference with its interval.
 *
 * Asked when its page is opened: it looks through all the entities of the campaign.
 */
export class ControlResult extends Component {
    static template = "crm_playbook.ControlResult";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ result: null });
        onWillStart(() => this.ask(this.props.record));
        onWillUpdateProps(({ record }) => record.dirty || this.ask(record));
    }

    /** Once for what is kept of the campaign: typing asks nothing. */
    async ask({ resModel, resId, data }) {
        const about = JSON.stringify([resId, data.control_days, data.opportunity_count]);
        if (about === this.about) {
            return;
        }
        this.about = about;
        this.state.result = await this.orm.call(resModel, "get_control_result", [resId]);
    }

    get look() {
        return LOOKS[this.state.result.verdict] || "info";
    }

    get arms() {
        const { arms } = this.state.result;
        const highest = Math.max(arms.treated.mean, arms.control.mean, 0) || 1;
        const labels = { treated: _t("In the campaign"), control: _t("Control group") };
        return ["treated", "control"].map((name) => ({
            name,
            label: labels[name],
            ...arms[name],
            share: Math.max(0, (100 * arms[name].mean) / highest),
        }));
    }

    get hasInterval() {
        return "low" in this.state.result;
    }

    /** Where zero, the difference and its interval stand in the drawing. */
    get drawing() {
        const { difference, low, high } = this.state.result;
        const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
        const span = most - least || 1;
        const place = (amount) => MARGIN + ((amount - least) / span) * (WIDTH - 2 * MARGIN);
        const [zero, middle] = [place(0), place(difference)];
        return {
            zero,
            middle,
            low: place(low),
            high: place(high),
            barFrom: Math.min(zero, middle),
            barWidth: Math.abs(middle - zero),
        };
    }

    /** For who hears the screen. */
    get summary() {
        const { difference, low, high } = this.state.result;
        return _t("Difference of %(difference)s an entity, between %(low)s and %(high)s", {
            difference: this.money(difference),
            low: this.money(low),
            high: this.money(high),
        });
    }

    get whole() {
        const { arms, over, days } = this.state.result;
        const heads = arms.treated.heads + arms.control.heads;
        if (!days) {
            return _t("All sales up to now count.");
        }
        return _t("%(over)s of %(heads)s entities have had their %(days)s days.", {
            over: formatInteger(over),
            heads: formatInteger(heads),
            days,
        });
    }

    money(amount) {
        return formatCurrency(amount, this.state.result.currency_id);
    }

    signed(amount) {
        return (amount > 0 ? "+" : "") + this.money(amount);
    }

    percent(share) {
        return (share > 0 ? "+" : "") + formatPercentage(share, { digits: [16, 0] });
    }

    count(number) {
        return formatInteger(number);
    }

    async open(what, arm) {
        const { resModel, resId } = this.props.record;
        const method = `action_view_control_${what}`;
        this.action.doAction(await this.orm.call(resModel, method, [resId, arm]));
    }
}

registry.category("view_widgets").add("control_result", { component: ControlResult });
