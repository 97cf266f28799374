import { ImportDataSidepanel } from "@base_import/import_data_sidepanel/import_data_sidepanel";
import { patch } from "@web/core/utils/patch";

import { ENTITIES_THERE } from "./entity_import";

patch(ImportDataSidepanel.prototype, {
    get entitiesThere() {
        return ENTITIES_THERE;
    },
});
