import { GenerationProgress } from "@crm_playbook/generation_progress/generation_progress";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatInteger } from "@web/views/fields/formatters";

/** How far a run of a stored operation is, as the progress of a generation is told. */
export class OperationProgress extends GenerationProgress {
    get count() {
        const { done, total } = this.state.progress;
        return _t("%(done)s of %(total)s worked on", {
            done: formatInteger(done),
            total: formatInteger(total),
        });
    }

    get remaining() {
        return this.state.progress.seconds_left < 0 ? _t("about to begin") : super.remaining;
    }

    get meanwhile() {
        return _t("The scheduler does it meanwhile: you can go on working.");
    }
}

registry.category("fields").add("operation_progress", {
    component: OperationProgress,
    displayName: _t("Progress of a Run"),
    supportedTypes: ["json"],
});
