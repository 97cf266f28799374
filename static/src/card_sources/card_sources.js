import { Component } from "@odoo/owl";
import { isBarcodeScannerSupported } from "@web/core/barcode/barcode_video_scanner";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FileUploader } from "@web/views/fields/file_handler";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { scanCode } from "./code_dialog";

const MODEL = "crm.business.card";

/** Where a business card may come from: a code before the camera, a photo, or a file. */
export class CardSources extends Component {
    static template = "crm_playbook.CardSources";
    static components = { FileUploader };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.hasCamera = isBarcodeScannerSupported();
    }

    get photoHelp() {
        return this.props.record.data.photo_help;
    }

    get cameraHelp() {
        return this.hasCamera
            ? ""
            : _t("The camera is there on a secure connection (https) with a browser that may use it.");
    }

    async scan() {
        const text = await scanCode(this.env);
        return text && this.read("read_code", [text]);
    }

    readFile({ name, data }) {
        return this.read("read_file", [name, data]);
    }

    /** What was read is shown by the dialog that takes the place of this one. */
    async read(method, args) {
        return this.action.doAction(await this.orm.call(MODEL, method, args));
    }
}

registry.category("view_widgets").add("card_sources", {
    component: CardSources,
    fieldDependencies: [{ name: "photo_help", type: "char" }],
});
