import { Component } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import {
    deserializeDateTime,
    toLocaleDateString,
    toLocaleDateTimeString,
} from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;

/**
 * One task: what it is, with whom and when, and all that can be done with it.
 *
 * The card does nothing by itself: it says by `onDo` what is asked for, `record`, `plan`,
 * `free`, `take`, `reassign`, `open`, `openPartner` or `openLead`.
 */
export class TaskCard extends Component {
    static template = "crm_playbook.TaskCard";
    static components = { Dropdown, DropdownItem };
    static props = {
        task: Object,
        draggable: { type: Boolean, optional: true },
        large: { type: Boolean, optional: true },
        showUser: { type: Boolean, optional: true },
        onDo: Function,
    };

    get start() {
        return deserializeDateTime(this.props.task.start);
    }

    get isPlanned() {
        return this.props.task.mode === "planned";
    }

    get isOpen() {
        return this.props.task.state === "planned";
    }

    get canBeRecorded() {
        return this.isOpen || this.props.task.lacks_outcome;
    }

    /** The hour alone where the day is today. */
    get when() {
        const { start } = this;
        const now = DateTime.local();
        const isToday = start.hasSame(now, "day");
        if (!this.isPlanned) {
            const day = toLocaleDateString(start);
            return isToday ? _t("today") : start < now ? _t("since %s", day) : _t("from %s", day);
        }
        return isToday
            ? start.toLocaleString(DateTime.TIME_SIMPLE)
            : toLocaleDateTimeString(start, { showSeconds: false });
    }

    get about() {
        const { campaign, stage, lead } = this.props.task;
        return [campaign || lead.name, stage].filter(Boolean).join(" · ");
    }

    do(what) {
        return this.props.onDo(what, this.props.task);
    }

    onClick(ev) {
        if (!ev.target.closest("a, button")) {
            this.do(this.canBeRecorded ? "record" : "open");
        }
    }
}
