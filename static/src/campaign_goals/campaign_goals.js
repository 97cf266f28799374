import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatFloat, formatMonetary, formatPercentage } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * What was expected of a campaign beside what came true, a figure a line.
 */
export class CampaignGoals extends Component {
    static template = "crm_playbook.CampaignGoals";
    static props = { ...standardFieldProps };

    get goals() {
        return this.props.record.data[this.props.name] || [];
    }

    /** Nothing is shown where there is nothing to tell: that is no zero. */
    format(goal, value) {
        if (value === false) {
            return "–";
        }
        if (goal.kind === "monetary") {
            const [currencyId] = Object.values(this.props.record.data.currency_id);
            return formatMonetary(value, { currencyId });
        }
        return goal.kind === "percentage"
            ? formatPercentage(value)
            : formatFloat(value, { digits: [16, 1], trailingZeros: false });
    }

    attainment(goal) {
        return goal.attainment === false ? "–" : formatPercentage(goal.attainment, { digits: [16, 0] });
    }

    share(goal) {
        return Math.min(100, Math.max(0, 100 * goal.attainment));
    }
}

export const campaignGoals = {
    component: CampaignGoals,
    displayName: _t("Campaign Goals"),
    supportedTypes: ["json"],
    fieldDependencies: [{ name: "currency_id", type: "many2one" }],
};

registry.category("fields").add("campaign_goals", campaignGoals);
