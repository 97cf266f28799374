import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { parseFloat } from "@web/views/fields/parsers";
import { AdjustmentDialog } from "./adjustment_dialog";
import { integer, money, percentage } from "./numbers";

// More rows than these begin folded: who looks unfolds the team that they talk about.
const MOST_ROWS = 40;
const CATEGORIES = ["closed", "commit", "best_case", "pipeline"];
const LABELS = {
    closed: _t("Closed"),
    commit: _t("Commit"),
    best_case: _t("Best case"),
    pipeline: _t("Pipeline"),
    omitted: _t("Omitted"),
};

/** Company, teams and people by period: what is forecast, against the quota. */
export class ForecastGrid extends Component {
    static template = "crm_playbook.ForecastGrid";
    static props = {
        told: Object,
        columns: Array,
        chosen: String,
        isPast: Boolean,
        onChoose: Function,
        onOpen: Function,
        onOpenSlipped: Function,
        onSetQuota: Function,
        onAdjust: Function,
    };

    setup() {
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.input = useRef("quota");
        this.state = useState({ folded: {}, isDetailed: false, edited: null });
        if (this.rows.length > MOST_ROWS) {
            this.rows.filter((row) => this.parents.has(row.key) && row.kind === "team").forEach((row) => {
                this.state.folded[row.key] = this.hasPeople(row);
            });
        }
        useEffect(
            (input) => input?.select(),
            () => [this.input.el]
        );
    }

    get rows() {
        return this.props.told.rows;
    }

    get parents() {
        return new Set(this.rows.map((row) => row.parent));
    }

    hasPeople(row) {
        return this.rows.some((one) => one.kind === "person" && one.parent === row.key);
    }

    get visibleRows() {
        const hidden = new Set();
        return this.rows.filter((row) => {
            if (hidden.has(row.parent) || this.state.folded[row.parent]) {
                hidden.add(row.key);
            }
            return !hidden.has(row.key);
        });
    }

    fold(row) {
        this.state.folded[row.key] = !this.state.folded[row.key];
    }

    cell(row, period) {
        return row.cells[this.props.told.periods.findIndex(({ key }) => key === period.key)];
    }

    get hasTotal() {
        return this.props.columns.length > 1;
    }

    /** Segments of the bar, in per cent of the quota, or of all where that is more. */
    bar({ amounts, quota }) {
        const all = CATEGORIES.reduce((sum, name) => sum + Math.max(amounts[name], 0), 0);
        const whole = Math.max(all, quota) || 1;
        return {
            parts: CATEGORIES.map((name) => ({ name, width: (100 * Math.max(amounts[name], 0)) / whole })),
            quota: quota && (100 * quota) / whole,
        };
    }

    isNothing(cell) {
        return !cell.quota && !cell.adjustment && !Object.values(cell.counts).some(Boolean);
    }

    details(cell) {
        return [...CATEGORIES, "omitted"].map((name) => ({
            name,
            label: LABELS[name],
            amount: cell.amounts[name],
            count: cell.counts[name],
        }));
    }

    money(value) {
        return money(value, this.props.told.currency_id);
    }

    signed(value) {
        return `${value > 0 ? "+" : ""}${this.money(value)}`;
    }

    number(value) {
        return integer(value);
    }

    percentage(value) {
        return percentage(value);
    }

    adjustmentTitle({ adjustment, own_adjustment: own }) {
        if (!adjustment && !own) {
            return _t("Adjust the forecast");
        }
        return own ? `${own.note} (${own.author}, ${own.date})` : _t("Of those below");
    }

    // --- in place ----------------------------------------------------------------------

    isEdited(row, period) {
        return this.state.edited === `${row.key}/${period.key}`;
    }

    editQuota(row, period) {
        this.state.edited = `${row.key}/${period.key}`;
    }

    onKeydown(row, period, ev) {
        if (ev.key === "Enter") {
            this.saveQuota(row, period, ev.target.value);
        } else if (ev.key === "Escape") {
            ev.stopPropagation();
            this.state.edited = null;
        }
    }

    async saveQuota(row, period, text) {
        if (!this.isEdited(row, period)) {
            return;
        }
        let amount;
        try {
            amount = parseFloat(text || "0");
        } catch {
            this.notification.add(_t("%s is no amount.", text), { type: "danger" });
            return;
        }
        this.state.edited = null;
        if (amount !== this.cell(row, period).quota) {
            await this.props.onSetQuota(row, period, amount);
        }
    }

    adjust(row, period) {
        this.dialog.add(AdjustmentDialog, {
            name: row.name,
            period,
            own: this.cell(row, period).own_adjustment,
            onSave: (adjustment) => this.props.onAdjust(row, adjustment),
        });
    }
}
