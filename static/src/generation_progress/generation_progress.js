import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const LOOK_AGAIN_AFTER = 2000;
const NOTHING = {};

/**
 * How far the scheduler is with taking up the entities of a campaign.
 *
 * Looks again every two seconds while the campaign is being generated, without touching
 * what the user may be typing into the form meanwhile.
 */
export class GenerationProgress extends Component {
    static template = "crm_playbook.GenerationProgress";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ progress: this.saved });
        useEffect(
            () => this.follow(this.saved),
            () => [this.props.record.resId, this.saved]
        );
        onWillUnmount(() => clearTimeout(this.timer));
    }

    get saved() {
        return this.props.record.data[this.props.name] || NOTHING;
    }

    get isRunning() {
        return Boolean(this.state.progress.total);
    }

    get percent() {
        const { done, total } = this.state.progress;
        return Math.floor((100 * done) / total);
    }

    get count() {
        const { done, total } = this.state.progress;
        return _t("%(done)s of %(total)s taken up", {
            done: formatInteger(done),
            total: formatInteger(total),
        });
    }

    get meanwhile() {
        return _t("The scheduler makes the opportunities meanwhile: you can go on working.");
    }

    get remaining() {
        const { seconds_left: seconds } = this.state.progress;
        if (seconds === null) {
            return _t("about to begin");
        }
        if (seconds < 90) {
            return _t("about %s seconds left", Math.max(1, Math.round(seconds)));
        }
        return _t("about %s minutes left", Math.round(seconds / 60));
    }

    follow(progress) {
        this.state.progress = progress;
        clearTimeout(this.timer);
        if (this.isRunning && this.props.record.resId) {
            this.timer = setTimeout(() => this.look(), LOOK_AGAIN_AFTER);
        }
    }

    async look() {
        const { record, name } = this.props;
        const [values] = await this.orm.silent.read(record.resModel, [record.resId], [name]);
        this.follow(values[name] || NOTHING);
        if (!this.isRunning && !(await record.isDirty())) {
            await record.load();
        }
    }
}

registry.category("fields").add("generation_progress", {
    component: GenerationProgress,
    displayName: _t("Progress of the Generation"),
    supportedTypes: ["json"],
});
