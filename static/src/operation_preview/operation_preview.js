import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * What a stored operation would do, asked when somebody wants to know.
 *
 * What is on the screen is saved first: the server tells what it would do as it is kept.
 */
export class OperationPreview extends Component {
    static template = "crm_playbook.OperationPreview";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ told: null, about: false, isAsking: false });
    }

    /** Of what stands on the screen now; what was told before a change is old. */
    get told() {
        const { record } = this.props;
        const isOld = record.dirty || this.state.about !== record.resId;
        return isOld ? null : this.state.told;
    }

    format(number) {
        return formatInteger(number);
    }

    async ask() {
        const { record } = this.props;
        if (!(await record.save())) {
            return;
        }
        this.state.isAsking = true;
        try {
            const { resModel, resId } = record;
            this.state.told = await this.orm.call(resModel, "preview", [[resId]]);
            this.state.about = resId;
        } finally {
            this.state.isAsking = false;
        }
    }
}

registry.category("view_widgets").add("operation_preview", { component: OperationPreview });
