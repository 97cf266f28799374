import { Component } from "@odoo/owl";
import { formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** The latest actions with an entity, two short lines each. */
export class LatestActions extends Component {
    static template = "crm_playbook.LatestActions";
    static props = { ...standardFieldProps };

    get actions() {
        return this.props.record.data[this.props.name].records.map(({ id, data }) => ({
            id,
            icon: data.icon,
            type: data.action_type_id.display_name,
            outcome: data.outcome_id?.display_name,
            date: formatDate(data.done_at),
            user: data.user_id?.display_name,
            note: data.note,
        }));
    }
}

registry.category("fields").add("latest_actions", {
    component: LatestActions,
    displayName: _t("Latest Actions"),
    supportedTypes: ["many2many"],
    relatedFields: [
        { name: "icon", type: "char" },
        { name: "action_type_id", type: "many2one" },
        { name: "outcome_id", type: "many2one" },
        { name: "done_at", type: "datetime" },
        { name: "user_id", type: "many2one" },
        { name: "note", type: "text" },
    ],
});
