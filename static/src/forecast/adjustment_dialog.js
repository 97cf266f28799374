import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { parseFloat } from "@web/views/fields/parsers";

const { DateTime } = luxon;

/** What a manager adds to the forecast of a month, or takes from it, and why. */
export class AdjustmentDialog extends Component {
    static template = "crm_playbook.AdjustmentDialog";
    static components = { Dialog };
    static props = {
        name: String,
        period: Object,
        own: [Object, Boolean],
        onSave: Function,
        close: Function,
    };

    setup() {
        const { first: month } = this.months.find(({ first }) => first >= this.thisMonth) || this.months.at(-1);
        this.state = useState({ month, error: "", ...this.lineOf(month) });
    }

    get title() {
        return _t("Adjust the forecast of %s", this.props.name);
    }

    get thisMonth() {
        return DateTime.local().startOf("month").toISODate();
    }

    get months() {
        const months = [];
        const last = DateTime.fromISO(this.props.period.last);
        for (let month = DateTime.fromISO(this.props.period.first); month <= last; month = month.plus({ months: 1 })) {
            months.push({ first: month.toISODate(), name: month.toFormat("LLLL yyyy") });
        }
        return months;
    }

    get line() {
        return this.props.own && this.props.own.lines.find(({ month }) => month === this.state.month);
    }

    lineOf(first) {
        const line = this.props.own && this.props.own.lines.find(({ month }) => month === first);
        return { amount: line ? String(line.amount) : "", note: line ? line.note : "" };
    }

    choose(month) {
        Object.assign(this.state, { month }, this.lineOf(month));
    }

    async save() {
        const { month, note } = this.state;
        if (!note.trim()) {
            this.state.error = _t("Say why you adjust the forecast.");
            return;
        }
        let amount;
        try {
            amount = parseFloat(this.state.amount || "0");
        } catch {
            this.state.error = _t("%s is no amount.", this.state.amount);
            return;
        }
        await this.props.onSave({ month, amount, note });
        this.props.close();
    }
}
