import { user } from "@web/core/user";

/** With which day the company's week begins: 1 is Monday, 7 Sunday. */
export function firstDayOfWeek() {
    return user.activeCompany?.crm_week_start || 1;
}

/** The beginning of the company's week in which a day lies. */
export function startOfWorkingWeek(day) {
    return day.startOf("day").minus({ days: (day.weekday - firstDayOfWeek() + 7) % 7 });
}
