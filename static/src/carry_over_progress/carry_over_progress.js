import { GenerationProgress } from "@crm_playbook/generation_progress/generation_progress";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatInteger } from "@web/views/fields/formatters";

/** How far the customers of a cycle are carried over into the next. */
export class CarryOverProgress extends GenerationProgress {
    get count() {
        const { done, total } = this.state.progress;
        return _t("%(done)s of %(total)s customers carried over", {
            done: formatInteger(done),
            total: formatInteger(total),
        });
    }

    get remaining() {
        const { done, total } = this.state.progress;
        return _t("%s to go", formatInteger(total - done));
    }
}

registry.category("fields").add("carry_over_progress", {
    component: CarryOverProgress,
    displayName: _t("Progress of a Carry-Over"),
    supportedTypes: ["json"],
});
