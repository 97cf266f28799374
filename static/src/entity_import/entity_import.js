import { BaseImportModel } from "@base_import/import_model";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

/** Whoever imports entities says what becomes of those who are there already. */
patch(BaseImportModel.prototype, {
    setResModel(resModel) {
        super.setResModel(resModel);
        if (resModel === "res.partner") {
            this.importOptionsValues.entities_there = { value: "tell" };
        }
    },
});

/** What the server knows to do, in the order of the list. */
export const ENTITIES_THERE = [
    { value: "tell", label: _t("Tell me, and import nothing") },
    { value: "update", label: _t("Update them") },
    { value: "create", label: _t("Make them once more") },
];
