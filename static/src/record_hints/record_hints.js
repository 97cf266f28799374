import { Component } from "@odoo/owl";
import { isMacOS } from "@web/core/browser/feature_detection";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Ctrl+Enter presses the main button of the dialog; a hint tells so. */
export class RecordHints extends Component {
    static template = "crm_playbook.RecordHints";
    static props = { ...standardWidgetProps };

    setup() {
        useHotkey("control+enter", ({ area }) => this.pressMainButton(area), {
            bypassEditableProtection: true,
        });
    }

    get control() {
        return isMacOS() ? "⌘" : "Ctrl";
    }

    /** What is typed is taken over first, as when the mouse leaves the field. */
    pressMainButton() {
        document.activeElement?.blur();
        document.querySelector(".modal footer button[name=action_record]")?.click();
    }
}

registry.category("view_widgets").add("record_hints", { component: RecordHints });
