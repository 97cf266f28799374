import { useEffect, useRef } from "@odoo/owl";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { getFieldDomain } from "@web/model/relational_model/utils";
import {
    BadgeSelectionField,
    badgeSelectionField,
} from "@web/views/fields/badge_selection/badge_selection_field";
import { useSpecialData } from "@web/views/fields/relational_utils";

const TONES = { positive: "success", neutral: "secondary", negative: "danger" };
// So many outcomes are chosen by a digit of the keyboard.
const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

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
        this.root = useRef("root");
        for (const digit of DIGITS) {
            useHotkey(String(digit), () => this.chooseNth(digit), {
                isAvailable: () => !this.props.readonly && digit <= this.options.length,
            });
        }
        // The first thing to do in a dialog whose task is known; a chosen one keeps it.
        useEffect(
            () => this.root.el?.querySelector("button")?.focus({ preventScroll: true }),
            () => [this.options.map(([id]) => id).join()]
        );
    }

    chooseNth(digit) {
        const [id] = this.options[digit - 1];
        this.onChange(id);
    }

    digit(index) {
        return DIGITS[index];
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
