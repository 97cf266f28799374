import { Component, onWillStart, useEffect, useState } from "@odoo/owl";
import { deserializeDateTime, toLocaleDateString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const PAGE = 20;

/**
 * All that happened with a record, the newest first, day by day.
 *
 * The field holds the first page; what is further back, or of one kind alone, is asked of
 * the model's method `timeline`.
 */
export class Timeline extends Component {
    static template = "crm_playbook.Timeline";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ items: [], hasMore: false, kind: false });
        onWillStart(async () => {
            this.kinds = await this.orm.call(this.model, "timeline_kinds", []);
        });
        useEffect(
            () => this.showFirstPage(),
            () => [this.props.record.resId, this.page]
        );
    }

    get model() {
        return this.props.record.resModel;
    }

    get page() {
        return this.props.record.data[this.props.name];
    }

    /** Things of one day stand together. */
    get days() {
        const days = [];
        for (const item of this.state.items) {
            const date = toLocaleDateString(deserializeDateTime(item.date));
            if (days.at(-1)?.date !== date) {
                days.push({ date, items: [] });
            }
            days.at(-1).items.push(item);
        }
        return days;
    }

    hour(item) {
        return deserializeDateTime(item.date).toLocaleString(luxon.DateTime.TIME_SIMPLE);
    }

    showFirstPage() {
        if (this.state.kind) {
            return this.filter(this.state.kind);
        }
        this.show(this.page || { items: [], has_more: false });
    }

    show({ items, has_more }) {
        Object.assign(this.state, { items, hasMore: has_more });
    }

    async filter(kind) {
        this.state.kind = kind;
        const page = await this.ask(0);
        // Meanwhile another kind may have been chosen.
        if (kind === this.state.kind) {
            this.show(page);
        }
    }

    async showMore() {
        const { items, kind } = this.state;
        const { items: older, has_more } = await this.ask(items.length);
        if (kind === this.state.kind) {
            // What came meanwhile has pushed some down to where it is asked for again.
            const known = new Set(items.map(({ id }) => id));
            const others = older.filter(({ id }) => !known.has(id));
            this.show({ items: [...items, ...others], has_more });
        }
    }

    ask(offset) {
        return this.orm.call(this.model, "timeline", [this.props.record.resId], {
            offset,
            limit: PAGE,
            kind: this.state.kind,
        });
    }

    open({ model, record_id }) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: record_id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("timeline", {
    component: Timeline,
    displayName: _t("Timeline"),
    supportedTypes: ["json"],
});
