import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatFloatTime } from "@web/views/fields/formatters";

/** What was done, what is left, and how full the hours are. */
export class DayFigures extends Component {
    static template = "crm_playbook.DayFigures";
    static props = { figures: Object, mostCounted: Number };

    get left() {
        const { left } = this.props.figures;
        return left < this.props.mostCounted ? `${left}` : `${left}+`;
    }

    get isOver() {
        const { booked_hours, available_hours } = this.props.figures;
        return booked_hours > available_hours;
    }

    /** How much of the hours is booked, in percent of the bar. */
    get share() {
        const { booked_hours, available_hours } = this.props.figures;
        if (!available_hours) {
            return booked_hours ? 100 : 0;
        }
        return Math.min(100, (100 * booked_hours) / available_hours);
    }

    get hours() {
        const { booked_hours, available_hours } = this.props.figures;
        return _t("%(booked)s of %(available)s h booked", {
            booked: this.format(booked_hours),
            available: this.format(available_hours),
        });
    }

    format(hours) {
        return formatFloatTime(hours, { noLeadingZeroHour: true });
    }
}
