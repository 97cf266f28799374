import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { serializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const PATIENCE = 150;

/**
 * What the rule will do, told before the outcome is recorded.
 *
 * The server does it, looks, and undoes it: what is shown is what will happen.
 */
export class OutcomePreview extends Component {
    static template = "crm_playbook.OutcomePreview";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ items: null, isAsking: false });
        this.asked = 0;
        const ask = useDebounced(() => this.ask(), PATIENCE);
        useEffect(
            () => {
                this.asked++;
                this.state.items = null;
                this.state.isAsking = Boolean(this.request);
                if (this.request) {
                    ask();
                }
            },
            () => [JSON.stringify(this.request)]
        );
        onWillUnmount(() => this.asked++);
    }

    /** Method and arguments of what is asked; nothing while no outcome is chosen. */
    get request() {
        const { data } = this.props.record;
        const outcomeId = data.outcome_id?.id;
        if (!outcomeId || data.instead) {
            return null;
        }
        const actionIds = data.action_ids.currentIds;
        if (actionIds.length) {
            return [data.is_correction ? "preview_correct" : "preview", [actionIds, outcomeId]];
        }
        return ["preview_register", [this.about.map((whom) => ({ ...whom, ...this.done }))]];
    }

    get about() {
        const { data } = this.props.record;
        const leads = data.lead_ids.currentIds.map((lead_id) => ({ lead_id }));
        const partners = data.partner_ids.currentIds.map((partner_id) => ({ partner_id }));
        const several = [...leads, ...partners];
        return several.length
            ? several
            : [{ partner_id: data.partner_id?.id || false, lead_id: data.lead_id?.id || false }];
    }

    get done() {
        const { action_type_id, outcome_id, done_at } = this.props.record.data;
        return {
            action_type_id: action_type_id?.id,
            outcome_id: outcome_id.id,
            done_at: done_at ? serializeDateTime(done_at) : false,
        };
    }

    async ask() {
        const asked = this.asked;
        if (!this.request) {
            return;
        }
        const items = await this.answer(...this.request);
        // Meanwhile another outcome may have been chosen.
        if (asked === this.asked) {
            Object.assign(this.state, { items, isAsking: false });
        }
    }

    async answer(method, args) {
        try {
            return await this.orm.silent.call("crm.action", method, args);
        } catch (error) {
            const text = error.data?.message || error.message;
            return [{ kind: "error", icon: "fa-exclamation-triangle", text, count: 1 }];
        }
    }
}

registry.category("view_widgets").add("outcome_preview", {
    component: OutcomePreview,
    fieldDependencies: [
        { name: "action_ids", type: "many2many" },
        { name: "lead_ids", type: "many2many" },
        { name: "partner_ids", type: "many2many" },
    ],
});
