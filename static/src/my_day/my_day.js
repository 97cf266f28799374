import { Component, onMounted, onWillStart, useRef, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { deserializeDateTime, serializeDateTime, toLocaleDateString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { pick } from "@web/core/utils/objects";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { AgendaCalendar, useTasksToDrag } from "../agenda_calendar/agenda_calendar";
import { AgendaFilters } from "../agenda_filters/agenda_filters";
import { DayFigures } from "../day_figures/day_figures";
import { TaskCard } from "../task_card/task_card";
import { startOfWorkingWeek } from "../working_week/working_week";

const { DateTime } = luxon;
const FILTERS = ["user_id", "team_id", "crm_campaign_id", "action_type_id", "goal_id"];
// What is remembered of the screen, in its address and when one comes back to it.
const REMEMBERED = ["day", "scale", ...FILTERS];
const PAGE = 80;
const SWIPE = 70;

/** What one has to do, on one screen: hours and tasks, and all that is done with them. */
export class MyDay extends Component {
    static template = "crm_playbook.MyDay";
    static components = {
        AgendaCalendar,
        AgendaFilters,
        DayFigures,
        Dropdown,
        DropdownItem,
        Layout,
        TaskCard,
    };
    static props = { ...standardActionServiceProps };
    static path = "my-day";
    static displayName = _t("My Day");

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.ui = useState(useService("ui"));
        this.list = useRef("list");
        this.asked = 0;
        const remembered = this.props.state?.agenda || this.props.action?.params || {};
        this.look = useState({
            day: DateTime.local().toISODate(),
            scale: "day",
            ...Object.fromEntries(FILTERS.map((name) => [name, false])),
            ...this.readable(remembered),
        });
        this.state = useState({ agenda: null, limit: PAGE, loading: false });
        useSetupAction({ getLocalState: () => ({ agenda: { ...this.look } }) });
        useTasksToDrag(this.list, (id) => this.taskOf(id));
        this.useKeys();
        onWillStart(() => this.load());
        onMounted(() => this.remember());
    }

    useKeys() {
        useHotkey("t", () => this.goToday());
        useHotkey("n", () => this.recordNext());
        useHotkey("arrowleft", () => this.goBy(-1), { allowRepeat: true });
        useHotkey("arrowright", () => this.goBy(1), { allowRepeat: true });
    }

    /** What an address says, as far as it can be read. */
    readable(remembered) {
        const look = pick(remembered, ...REMEMBERED);
        for (const name of FILTERS) {
            look[name] = Number(look[name]) || false;
        }
        if (!DateTime.fromISO(look.day || "").isValid) {
            delete look.day;
        }
        if (!["day", "week"].includes(look.scale)) {
            delete look.scale;
        }
        return look;
    }

    // --- what is shown -----------------------------------------------------------------

    get day() {
        return DateTime.fromISO(this.look.day);
    }

    get today() {
        return DateTime.local().startOf("day");
    }

    /** A phone shows one day. */
    get scale() {
        return this.ui.isSmall ? "day" : this.look.scale;
    }

    get span() {
        const isWeek = this.scale === "week";
        const start = isWeek ? startOfWorkingWeek(this.day) : this.day.startOf("day");
        return { start, end: start.plus({ [`${this.scale}s`]: 1 }) };
    }

    get isToday() {
        const { start, end } = this.span;
        return start <= this.today && this.today < end;
    }

    get title() {
        const { start, end } = this.span;
        if (this.scale === "week") {
            return `${toLocaleDateString(start)} – ${toLocaleDateString(end.minus({ days: 1 }))}`;
        }
        return start.toLocaleString({ weekday: "long", day: "numeric", month: "long" });
    }

    get filters() {
        return pick(this.look, ...FILTERS);
    }

    get isFiltered() {
        return Boolean(this.look.crm_campaign_id || this.look.action_type_id);
    }

    get showsOthers() {
        return Boolean(this.look.team_id);
    }

    /** What has an hour: done or still to do. */
    get hours() {
        const { planned, done } = this.state.agenda;
        return [...planned, ...done.filter((task) => task.end)];
    }

    get toCome() {
        return this.state.agenda.planned.filter((task) => !task.is_late);
    }

    /** The lists beside the calendar; on a phone, what has an hour is one of them. */
    get sections() {
        const { late, lacking, free, nobody, done } = this.state.agenda;
        const toCome = { tasks: this.toCome, count: this.toCome.length };
        return [
            { name: "late", title: _t("Overdue"), ...late },
            { name: "lacking", title: _t("Outcome missing"), ...lacking },
            ...(this.ui.isSmall ? [{ name: "planned", title: _t("At an hour"), ...toCome }] : []),
            { name: "free", title: _t("Free"), ...free },
            { name: "nobody", title: _t("To take"), ...nobody },
            ...(this.ui.isSmall
                ? [{ name: "done", title: _t("Done"), tasks: done, count: done.length }]
                : []),
        ].filter((section) => section.count);
    }

    get isEmpty() {
        return !this.sections.some(({ name }) => name !== "done") && !this.toCome.length;
    }

    get hasMore() {
        const { late, lacking, free, nobody } = this.state.agenda;
        return [late, lacking, free, nobody].some(({ tasks, count }) => tasks.length < count);
    }

    count({ count }) {
        const { most_counted } = this.state.agenda;
        return count < most_counted ? `${count}` : `${most_counted}+`;
    }

    get tasks() {
        const { late, lacking, planned, free, nobody, done } = this.state.agenda;
        const listed = [late, lacking, free, nobody].flatMap(({ tasks }) => tasks);
        return [...listed, ...planned, ...done];
    }

    taskOf(id) {
        return this.tasks.find((task) => task.id === id);
    }

    // --- loading -----------------------------------------------------------------------

    /** The tasks stay on the screen until the new ones are there. */
    async load() {
        const { start, end } = this.span;
        const given = Object.entries(this.filters).filter(([, id]) => id);
        const asked = ++this.asked;
        this.state.loading = true;
        try {
            const agenda = await this.orm.call("crm.agenda", "get_agenda", [
                serializeDateTime(start),
                serializeDateTime(end),
                Object.fromEntries(given),
                this.state.limit,
            ]);
            // Whoever asked before is told as well that it is over, but shows nothing.
            if (asked === this.asked) {
                this.state.agenda = agenda;
            }
        } finally {
            this.state.loading = asked !== this.asked;
        }
    }

    show(look) {
        Object.assign(this.look, look);
        this.state.limit = PAGE;
        this.remember();
        return this.load();
    }

    /** What is not chosen is not in the address. */
    remember() {
        const chosen = Object.entries(this.look).map(([name, value]) => [name, value || undefined]);
        this.props.updateActionState?.(Object.fromEntries(chosen));
    }

    showMore() {
        this.state.limit += PAGE;
        return this.load();
    }

    goToday() {
        return this.goTo(this.today);
    }

    goTo(day) {
        return this.show({ day: day.toISODate() });
    }

    goBy(steps) {
        return this.goTo(this.day.plus({ [`${this.scale}s`]: steps }));
    }

    /** A week becomes the day that one points at. */
    onDay(day) {
        return this.show({ day: day.toISODate(), scale: "day" });
    }

    // --- moving tasks ------------------------------------------------------------------

    plan(task, start, hours) {
        return this.call("plan", task, serializeDateTime(start), hours);
    }

    /** Free from the day at which it was planned, but not from one that is over. */
    free(task) {
        const planned = deserializeDateTime(task.start).startOf("day");
        return this.call("free", task, serializeDateTime(DateTime.max(this.today, planned)));
    }

    /** Whatever comes of it, the screen then shows how things stand. */
    async call(method, task, ...values) {
        try {
            await this.orm.call("crm.action", method, [[task.id], ...values]);
        } finally {
            await this.load();
        }
    }

    onDragOut(task, { clientX, clientY }) {
        const onto = document.elementsFromPoint(clientX, clientY);
        if (this.list.el && onto.includes(this.list.el)) {
            this.free(task);
        }
    }

    // --- doing tasks -------------------------------------------------------------------

    /** What a card asks for. */
    onCard(what, task) {
        const ways = { plan: this.planAt, free: this.freeFrom };
        return (ways[what] || this[what]).call(this, task);
    }

    onOpen(task) {
        const canBeRecorded = task.state === "planned" || task.lacks_outcome;
        return canBeRecorded ? this.record(task) : this.open(task);
    }

    record(task) {
        return this.dialog("crm_playbook.crm_action_record_action", task);
    }

    recordNext() {
        const { late, lacking, planned, free } = this.state.agenda;
        const next = [...late.tasks, ...lacking.tasks, ...planned, ...free.tasks][0];
        return next && this.record(next);
    }

    planAt(task) {
        return this.dialog("crm_playbook.crm_action_record_action", task, {
            default_instead: "reschedule",
            default_mode: "planned",
            default_hours: this.hoursOf(task),
            default_date: task.mode === "planned" ? task.start : serializeDateTime(this.nextHour),
        });
    }

    hoursOf({ start, end, hours }) {
        const [begin, stop] = [start, end || start].map((date) => deserializeDateTime(date));
        return end ? stop.diff(begin, "hours").hours : hours;
    }

    /** What to offer as an hour: soon if today is shown, else in the morning. */
    get nextHour() {
        const soon = DateTime.local().plus({ minutes: 15 }).set({ second: 0, millisecond: 0 });
        const morning = this.span.start.set({ hour: 9 });
        return this.isToday || morning < soon
            ? soon.set({ minute: Math.floor(soon.minute / 15) * 15 })
            : morning;
    }

    freeFrom(task) {
        return this.dialog("crm_playbook.crm_action_record_action", task, {
            default_instead: "reschedule",
            default_mode: "free",
            default_date: task.start,
        });
    }

    reassign(task) {
        return this.dialog("crm_playbook.crm_action_record_action", task, {
            default_instead: "reassign",
        });
    }

    take(task) {
        return this.call("take", task);
    }

    dialog(action, task, context = {}) {
        return this.action.doAction(action, {
            additionalContext: {
                active_model: "crm.action",
                active_id: task.id,
                active_ids: [task.id],
                ...context,
            },
            onClose: () => this.load(),
        });
    }

    open(task) {
        return this.openForm("crm.action", task.id);
    }

    openPartner(task) {
        return this.openForm("res.partner", task.partner.id);
    }

    openLead(task) {
        return this.openForm("crm.lead", task.lead.id);
    }

    openForm(model, id = false, options = {}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
            ...options,
        });
    }

    // --- making new things -------------------------------------------------------------

    newRecord() {
        return this.action.doAction("crm_playbook.crm_action_record_action", {
            onClose: () => this.load(),
        });
    }

    newTask() {
        return this.openForm("crm.action");
    }

    newPartner() {
        return this.openForm("res.partner");
    }

    newLead() {
        return this.openForm("crm.lead", false, { context: { default_type: "opportunity" } });
    }

    // --- swiping from day to day -------------------------------------------------------

    onTouchStart(ev) {
        this.touch = ev.changedTouches[0];
    }

    onTouchEnd(ev) {
        const { clientX, clientY } = ev.changedTouches[0];
        const along = clientX - this.touch.clientX;
        const across = Math.abs(clientY - this.touch.clientY);
        if (this.ui.isSmall && Math.abs(along) > SWIPE && across < SWIPE / 2) {
            this.goBy(along < 0 ? 1 : -1);
        }
    }
}

registry.category("actions").add("crm_playbook.my_day", MyDay);
