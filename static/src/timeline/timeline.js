import { Component, onWillStart, useEffect, useState } from "@odoo/owl";
import { deserializeDateTime, toLocaleDateString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const PAGE = 20;

/**
 * All that happened with a record, the newest first, day by day.
 *
 * It asks the model's method `timeline` once it is on the screen, and again whenever
 * `version` changes: what is further back, or of one kind alone, when it is asked for.
 */
export class Timeline extends Component {
    static template = "crm_playbook.Timeline";
    static props = {
        resModel: String,
        resId: Number,
        version: { type: [Number, String], optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.state = useState({ items: null, hasMore: false, kind: false });
        onWillStart(async () => {
            this.kinds = await this.orm.call(this.props.resModel, "timeline_kinds", []);
        });
        useEffect(
            () => {
                this.showFirstPage();
            },
            () => [this.props.resModel, this.props.resId, this.props.version]
        );
    }

    /** Things of one day stand together. */
    get days() {
        const days = [];
        for (const item of this.state.items || []) {
            const date = toLocaleDateString(this.moment(item));
            if (days.at(-1)?.date !== date) {
                days.push({ date, items: [] });
            }
            days.at(-1).items.push(item);
        }
        return days;
    }

    moment({ date }) {
        return deserializeDateTime(date);
    }

    hour(item) {
        return item.is_day ? "" : this.moment(item).toLocaleString(luxon.DateTime.TIME_SIMPLE);
    }

    filter(kind) {
        this.state.kind = kind;
        return this.showFirstPage();
    }

    async showFirstPage() {
        // Until the answer is there, there is no page that could go on.
        this.before = false;
        this.state.hasMore = false;
        this.show(await this.ask(false), []);
    }

    async showMore() {
        const { items } = this.state;
        this.show(await this.ask(this.before), items);
    }

    show({ items, has_more, before }, newer) {
        this.before = before;
        Object.assign(this.state, { items: [...newer, ...items], hasMore: has_more });
    }

    /** Only the last question is answered: meanwhile another kind may have been chosen. */
    ask(before) {
        const { resModel, resId } = this.props;
        const asked = { limit: PAGE, kind: this.state.kind, before };
        return this.keepLast.add(this.orm.call(resModel, "timeline", [resId], asked));
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

/** The timeline of the record of a form. The form has another one each time it loads. */
export class TimelineWidget extends Component {
    static template = "crm_playbook.TimelineWidget";
    static components = { Timeline };
    static props = { ...standardWidgetProps };
}

registry.category("view_widgets").add("timeline", { component: TimelineWidget });
