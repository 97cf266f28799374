import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * A field whose value is one of a few buttons.
 *
 * Which ones there are says another field, a Json list of `{id, text, icon, is_late}`,
 * named by the option `choices`. A second click on a button takes the choice back; with
 * the option `other` a button of its own does. With the option `first` only so many are
 * shown until more are asked for.
 */
export class ChoiceButtons extends Component {
    static template = "crm_playbook.ChoiceButtons";
    static props = {
        ...standardFieldProps,
        choices: String,
        compact: { type: Boolean, optional: true },
        first: { type: Number, optional: true },
        other: { type: String, optional: true },
    };

    setup() {
        this.state = useState({ showsAll: false });
    }

    get choices() {
        return this.props.record.data[this.props.choices] || [];
    }

    /** The first ones, and the one that is chosen, until all are asked for. */
    get shown() {
        const { first } = this.props;
        return first && !this.state.showsAll
            ? this.choices.filter(({ id }, index) => index < first || id === this.value)
            : this.choices;
    }

    get hiddenCount() {
        return this.choices.length - this.shown.length;
    }

    get value() {
        const value = this.props.record.data[this.props.name];
        return value?.id || value || false;
    }

    choose(choice) {
        return this.props.record.update({ [this.props.name]: this.toValue(choice) });
    }

    toValue(choice) {
        if (!choice || choice.id === this.value) {
            return false;
        }
        const isRecord = this.props.record.fields[this.props.name].type === "many2one";
        return isRecord ? { id: choice.id, display_name: choice.text } : choice.id;
    }
}

registry.category("fields").add("choice_buttons", {
    component: ChoiceButtons,
    displayName: _t("Choice Buttons"),
    supportedTypes: ["many2one", "selection"],
    extractProps: ({ options }) => ({
        choices: options.choices,
        compact: Boolean(options.compact),
        first: options.first,
        other: options.other,
    }),
});
