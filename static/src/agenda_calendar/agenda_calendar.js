/* global FullCalendar */
import {
    Component,
    onMounted,
    onPatched,
    onWillStart,
    onWillUnmount,
    useExternalListener,
    useRef,
} from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { localization } from "@web/core/l10n/localization";
import { is24HourFormat } from "@web/core/l10n/time";
import { renderToFragment } from "@web/core/utils/render";

import { firstDayOfWeek } from "../working_week/working_week";

const { DateTime } = luxon;
const VIEWS = { day: "timeGridDay", week: "timeGridWeek" };
const WORKING = "working";

/**
 * The hours of a day or a week with the tasks that are planned at one.
 *
 * Tasks are moved and made longer by dragging, and cards are dragged in from elsewhere (see
 * `useTasksToDrag`). Where a task may not be put, it goes back to where it was.
 */
export class AgendaCalendar extends Component {
    static template = "crm_playbook.AgendaCalendar";
    static props = {
        day: Object,
        scale: { type: String },
        tasks: Array,
        // When the one person works, or false where that is not known.
        working: { type: [Array, Boolean] },
        // What else takes that person's time.
        meetings: Array,
        showUser: { type: Boolean, optional: true },
        onPlan: Function,
        onOpen: Function,
        // Called with what is dragged out of the calendar, and where it is let go.
        onDragOut: Function,
        onDay: Function,
    };

    setup() {
        this.root = useRef("root");
        this.calendar = null;
        onWillStart(() => loadBundle("web.fullcalendar_lib"));
        onMounted(() => {
            this.calendar = new FullCalendar.Calendar(this.root.el, this.options);
            this.calendar.render();
        });
        onPatched(() => this.refresh());
        onWillUnmount(() => this.calendar.destroy());
        useExternalListener(window, "resize", () => this.calendar.updateSize());
    }

    get options() {
        return {
            initialView: VIEWS[this.props.scale],
            initialDate: this.props.day.toISO(),
            timeZone: luxon.Settings.defaultZone.name,
            locale: luxon.Settings.defaultLocale,
            direction: localization.direction,
            firstDay: firstDayOfWeek() % 7,
            height: "100%",
            headerToolbar: false,
            allDaySlot: false,
            nowIndicator: true,
            slotDuration: { minutes: 30 },
            snapDuration: { minutes: 15 },
            slotLabelInterval: { hours: 1 },
            slotLabelFormat: { hour: "numeric", minute: "2-digit", hour12: !is24HourFormat() },
            scrollTime: { hours: 7, minutes: 30 },
            scrollTimeReset: false,
            slotEventOverlap: false,
            eventMinHeight: 18,
            dayHeaderContent: ({ date }) => this.dayHeader(date),
            navLinks: true,
            navLinkDayClick: (date) => this.props.onDay(DateTime.fromJSDate(date)),
            droppable: true,
            editable: true,
            eventResizableFromStart: true,
            dragRevertDuration: 150,
            longPressDelay: 400,
            events: (_span, done) => done([...this.events, ...this.meetings, ...this.leisure]),
            eventContent: ({ event }) => this.content(event),
            eventClassNames: ({ event }) => this.classNames(event),
            eventDidMount: ({ el, event }) => this.onMount(el, event),
            eventClick: ({ event }) => this.open(event),
            eventDrop: (info) => this.onMove(info),
            eventResize: (info) => this.onMove(info),
            eventReceive: (info) => this.onReceive(info),
            eventDragStop: ({ event, jsEvent }) =>
                this.props.onDragOut(event.extendedProps.task, jsEvent),
        };
    }

    get events() {
        return this.props.tasks.map((task) => ({
            id: task.id,
            start: deserializeDateTime(task.start).toISO(),
            end: deserializeDateTime(task.end).toISO(),
            editable: task.state === "planned",
            extendedProps: { task },
        }));
    }

    get meetings() {
        return this.props.meetings.map(({ id, name, start, end }) => ({
            id: `meeting_${id}`,
            title: name,
            start: deserializeDateTime(start).toISO(),
            end: deserializeDateTime(end).toISO(),
            display: "background",
            classNames: ["o_agenda_meeting"],
        }));
    }

    /** All but the working hours is grey. */
    get leisure() {
        const { working, day } = this.props;
        if (working === false) {
            return [];
        }
        if (!working.length) {
            const start = day.startOf("week").minus({ days: 1 });
            const end = start.plus({ days: 9 });
            return [{ start: start.toISO(), end: end.toISO(), ...this.atLeisure("background") }];
        }
        return working.map(([start, end]) => ({
            groupId: WORKING,
            start: deserializeDateTime(start).toISO(),
            end: deserializeDateTime(end).toISO(),
            ...this.atLeisure("inverse-background"),
        }));
    }

    atLeisure(display) {
        return { display, classNames: ["o_agenda_leisure"], editable: false };
    }

    refresh() {
        const { calendar } = this;
        if (calendar.view.type !== VIEWS[this.props.scale]) {
            calendar.changeView(VIEWS[this.props.scale], this.props.day.toISO());
        } else {
            calendar.gotoDate(this.props.day.toISO());
        }
        calendar.refetchEvents();
    }

    dayHeader(date) {
        const day = DateTime.fromJSDate(date);
        const isToday = day.hasSame(DateTime.local(), "day");
        const fragment = renderToFragment("crm_playbook.AgendaCalendar.day", {
            weekday: day.toFormat(this.props.scale === "day" ? "cccc" : "ccc"),
            number: day.day,
            isToday,
        });
        return { domNodes: [...fragment.children] };
    }

    content(event) {
        const { task } = event.extendedProps;
        if (!task || event.display.endsWith("background")) {
            return true;
        }
        const fragment = renderToFragment("crm_playbook.AgendaCalendar.task", {
            task,
            time: DateTime.fromJSDate(event.start).toLocaleString(DateTime.TIME_SIMPLE),
            isShort: this.hours(event) <= 0.5,
            showUser: this.props.showUser,
        });
        return { domNodes: [...fragment.children] };
    }

    classNames(event) {
        const { task } = event.extendedProps;
        if (!task) {
            return [];
        }
        return [
            "o_agenda_task",
            `o_channel_${task.channel}`,
            this.hours(event) <= 0.5 && "o_agenda_short",
            task.is_late && "o_agenda_late",
            task.state !== "planned" && "o_agenda_done",
        ].filter(Boolean);
    }

    onMount(el, event) {
        const { task } = event.extendedProps;
        if (task) {
            el.dataset.taskId = task.id;
            el.title = [task.type, task.partner.name, task.campaign, task.city]
                .filter(Boolean)
                .join("\n");
            el.tabIndex = 0;
            el.addEventListener("keydown", (ev) => ev.key === "Enter" && this.open(event));
        }
    }

    open(event) {
        if (event.extendedProps.task) {
            this.props.onOpen(event.extendedProps.task);
        }
    }

    hours({ start, end }) {
        return end ? (end - start) / 3600000 : 0;
    }

    async onMove({ event, revert }) {
        try {
            await this.plan(event);
        } catch (error) {
            revert();
            throw error;
        }
    }

    /** What was dragged in stays where it was put until the task itself is there. */
    async onReceive({ event }) {
        try {
            await this.plan(event);
        } finally {
            event.remove();
        }
    }

    plan(event) {
        const { task } = event.extendedProps;
        const start = DateTime.fromJSDate(event.start);
        return this.props.onPlan(task, start, this.hours(event) || task.hours);
    }
}

/**
 * Let the cards within `ref` be dragged onto hours of a calendar.
 *
 * @param {Function} taskOf the task of a card, by its id
 */
export function useTasksToDrag(ref, taskOf) {
    let draggable;
    const itemSelector = ".o_task_draggable";
    const eventData = ({ dataset }) => {
        const task = taskOf(Number(dataset.taskId));
        return { duration: { minutes: 60 * (task.hours || 0.5) }, extendedProps: { task } };
    };
    onWillStart(() => loadBundle("web.fullcalendar_lib"));
    const stop = () => draggable?.destroy();
    const start = () => {
        if (draggable?.el === ref.el) {
            return;
        }
        stop();
        const { Draggable } = FullCalendar.Interaction;
        draggable = ref.el && new Draggable(ref.el, { itemSelector, eventData });
    };
    onMounted(start);
    onPatched(start);
    onWillUnmount(stop);
}
