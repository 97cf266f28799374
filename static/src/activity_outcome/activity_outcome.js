import { Activity as ActivityModel } from "@mail/core/common/activity_model";
import { Activity } from "@mail/core/web/activity";
import { ActivityListPopoverItem } from "@mail/core/web/activity_list_popover_item";
import { assignIn } from "@mail/utils/common/misc";
import { user } from "@web/core/user";
import { patch } from "@web/core/utils/patch";

/**
 * Whoever marks an activity as done that shows an action is asked for its outcome. People
 * who do not sell, and so may not open that dialog, mark it as done as ever.
 */
patch(ActivityModel, {
    _insert(data) {
        const activity = super._insert(...arguments);
        assignIn(activity, data, ["crm_action_id"]);
        return activity;
    },
});

patch(ActivityModel.prototype, {
    /** @returns {Promise<boolean>} whether the outcome was asked for */
    async askOutcome(onClose) {
        const id = this.crm_action_id;
        if (!id || !(await user.hasGroup("sales_team.group_sale_salesman"))) {
            return false;
        }
        const asked = { active_model: "crm.action", active_id: id, active_ids: [id] };
        await this.store.env.services.action.doAction("crm_playbook.crm_action_record_action", {
            additionalContext: asked,
            onClose,
        });
        return true;
    },
});

patch(Activity.prototype, {
    async onClickMarkAsDone(ev) {
        const { activity, onActivityChanged } = this.props;
        const { thread } = this;
        const button = ev.currentTarget;
        const isAsked = await activity.askOutcome(async () => {
            onActivityChanged(thread);
            await thread.fetchNewMessages();
        });
        if (!isAsked) {
            return super.onClickMarkAsDone({ currentTarget: button });
        }
    },
});

patch(ActivityListPopoverItem.prototype, {
    async onClickMarkAsDone() {
        const { activity, onActivityChanged } = this.props;
        if (!(await activity.askOutcome(() => onActivityChanged?.()))) {
            return super.onClickMarkAsDone();
        }
    },
});
