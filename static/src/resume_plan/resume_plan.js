import { Component } from "@odoo/owl";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** What is done on which day after a pause, as a table of those columns that say something. */
export class ResumePlan extends Component {
    static template = "crm_playbook.ResumePlan";
    static props = { ...standardFieldProps };

    get rows() {
        return this.props.record.data[this.props.name] || [];
    }

    get columns() {
        const columns = [
            { name: "email", label: _t("E-mails") },
            { name: "sms", label: _t("SMS") },
            { name: "survey", label: _t("Surveys") },
            { name: "idle", label: _t("Idle") },
        ];
        return columns.filter(({ name }) => this.rows.some((row) => row[name]));
    }

    day({ date }) {
        return toLocaleDateTimeString(deserializeDateTime(date), { showSeconds: false });
    }
}

registry.category("fields").add("resume_plan", {
    component: ResumePlan,
    displayName: _t("Plan After a Pause"),
    supportedTypes: ["json"],
});
