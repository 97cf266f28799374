import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { ListRenderer } from "@web/views/list/list_renderer";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";

/** The rules of a playbook, as sentences under the stage where they hold. */
export class RulesByStageRenderer extends ListRenderer {
    static rowsTemplate = "crm_playbook.RulesByStage.Rows";
    static props = [...ListRenderer.props, "stages?"];

    /** One section for each stage, in order, then one for the rules of the whole playbook. */
    get sections() {
        const records = this.props.list.records;
        const stageId = (record) => record.data.stage_id?.id || false;
        const sections = this.props.stages.map((stage) => ({
            ...stage,
            records: records.filter((record) => stageId(record) === stage.id),
        }));
        const anywhere = {
            id: false,
            icon: "fa-globe",
            name: _t("In every stage"),
            records: records.filter((record) => !stageId(record)),
        };
        return [...sections, anywhere];
    }

    get canAdd() {
        return !this.props.readonly && this.activeActions.create;
    }

    addIn(section) {
        const context = section.id ? { default_stage_id: section.id } : {};
        return this.add({ context });
    }
}

export class RulesByStage extends X2ManyField {
    static components = { ...X2ManyField.components, ListRenderer: RulesByStageRenderer };

    get rendererProps() {
        const props = super.rendererProps;
        if (this.props.viewMode !== "kanban") {
            const stages = this.props.record.data.stage_line || [];
            props.stages = stages.filter(({ id }) => Number.isInteger(id));
        }
        return props;
    }
}

registry.category("fields").add("rules_by_stage", {
    ...x2ManyField,
    component: RulesByStage,
    additionalClasses: ["o_field_one2many"],
});
