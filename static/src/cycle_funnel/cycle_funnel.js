import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatInteger, formatMonetary, formatPercentage } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** What came of a cycle: new customers and those who bought again, and who stayed. */
export class CycleFunnel extends Component {
    static template = "crm_playbook.CycleFunnel";
    static props = { ...standardFieldProps };

    get funnel() {
        return this.props.record.data[this.props.name] || { kinds: [] };
    }

    get isEmpty() {
        return !this.funnel.kinds.some((kind) => kind.count);
    }

    /** The parts of a bar, as shares of the opportunities of its kind. */
    parts(kind) {
        const parts = [
            { name: "won", label: _t("Won"), color: "bg-success" },
            { name: "open", label: _t("Open"), color: "bg-info" },
            { name: "lost", label: _t("Lost"), color: "bg-danger" },
        ];
        return parts
            .map((part) => ({ ...part, count: kind[part.name] }))
            .filter((part) => part.count)
            .map((part) => ({ ...part, width: (100 * part.count) / kind.count }));
    }

    get kept() {
        return _t("%(kept)s of %(before)s customers of the cycle before", {
            kept: formatInteger(this.funnel.kept),
            before: formatInteger(this.funnel.before),
        });
    }

    integer(value) {
        return formatInteger(value);
    }

    share(value) {
        return formatPercentage(value, { digits: [16, 0] });
    }

    money(value) {
        const currency = this.props.record.data.currency_id;
        return formatMonetary(value, { currencyId: currency && currency.id });
    }
}

registry.category("fields").add("cycle_funnel", {
    component: CycleFunnel,
    displayName: _t("Funnel of a Cycle"),
    supportedTypes: ["json"],
});
