import { Component, onWillStart } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

const GROUP = "sales_team.group_sale_salesman";
// Whose forms say with whom an action is.
const MODELS = ["crm.action", "res.partner", "crm.lead", "sale.order", "account.move"];

/** Record an action from wherever one is; on the form of a customer's record, with them. */
export class RecordSystray extends Component {
    static template = "crm_playbook.RecordSystray";
    static props = {};

    setup() {
        this.action = useService("action");
        onWillStart(async () => {
            this.mayRecord = await user.hasGroup(GROUP);
        });
    }

    /** The record on the screen, as the dialog is told of it. */
    get record() {
        const controller = this.action.currentController;
        const { resModel, resId } = {
            resModel: controller?.props?.resModel,
            resId: controller?.currentState?.resId,
        };
        if (!resId || !MODELS.includes(resModel)) {
            return { active_model: false, active_id: false, active_ids: [] };
        }
        return { active_model: resModel, active_id: resId, active_ids: [resId] };
    }

    open() {
        return this.action.doAction("crm_playbook.crm_action_record_action", {
            additionalContext: this.record,
        });
    }
}

registry
    .category("systray")
    .add("crm_playbook.RecordSystray", { Component: RecordSystray }, { sequence: 30 });
