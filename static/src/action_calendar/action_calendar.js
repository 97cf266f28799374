import { registry } from "@web/core/registry";
import { serializeDateTime } from "@web/core/l10n/dates";
import { calendarView } from "@web/views/calendar/calendar_view";

import { firstDayOfWeek } from "../working_week/working_week";

/** Free tasks have a date but no end: they are shown too, as if they took an hour. */
export class ActionCalendarModel extends calendarView.Model {
    setup() {
        super.setup(...arguments);
        this.meta.firstDayOfWeek = firstDayOfWeek() % 7;
    }

    computeRangeDomain(data) {
        const start = serializeDateTime(data.range.start);
        return [
            ["date_start", "<=", serializeDateTime(data.range.end)],
            "|",
            ["date_end", ">=", start],
            "&",
            ["date_end", "=", false],
            ["date_start", ">=", start],
        ];
    }

    normalizeRecord(rawRecord) {
        const record = super.normalizeRecord(rawRecord);
        return rawRecord.date_end ? record : { ...record, end: record.start.plus({ hours: 1 }) };
    }

    /** Moving a free task gives it no end. */
    buildRawRecord(partialRecord, options) {
        const values = super.buildRawRecord(partialRecord, options);
        const known = this.data.records[partialRecord.id];
        if (known && !known.rawRecord.date_end) {
            delete values.date_end;
        }
        return values;
    }
}

registry.category("views").add("crm_action_calendar", {
    ...calendarView,
    Model: ActionCalendarModel,
});
