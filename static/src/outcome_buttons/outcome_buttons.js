import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { getFieldDomain } from "@web/model/relational_model/utils";
import {
    BadgeSelectionField,
    badgeSelectionField,
} from "@web/views/fields/badge_selection/badge_selection_field";
import { useSpecialData } from "@web/views/fields/relational_utils";

const TONES = { positive: "success", neutral: "secondary", negative: "danger" };

/** The outcomes an action may end with, as buttons large enough for a thumb. */
export class OutcomeButtons extends BadgeSelectionField {
    static template = "crm_playbook.OutcomeButtons";

    setup() {
        super.setup();
        this.tones = useSpecialData(async (orm, props) => {
            const domain = getFieldDomain(props.record, props.name, props.domain);
            const { relation } = props.record.fields[props.name];
            const outcomes = await orm.searchRead(relation, domain, ["tone"]);
            return Object.fromEntries(outcomes.map(({ id, tone }) => [id, tone]));
        });
    }

    buttonClass(id) {
        const tone = TONES[this.tones.data[id]] || "secondary";
        return this.value === id ? `btn-${tone} active` : `btn-outline-${tone}`;
    }
}

registry.category("fields").add("outcome_buttons", {
    ...badgeSelectionField,
    component: OutcomeButtons,
    displayName: _t("Outcome Buttons"),
    supportedTypes: ["many2one"],
});
