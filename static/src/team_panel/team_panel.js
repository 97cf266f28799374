import { Component, onMounted, onWillStart, useState } from "@odoo/owl";
import { getStartOfLocalWeek } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { url } from "@web/core/utils/urls";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatFloatTime } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { TaskCard } from "../task_card/task_card";

const { DateTime } = luxon;
const PAGE = 80;
const SAME = "same";

/**
 * What a team has to do, by person and day, against the hours that there are.
 *
 * A click on a number shows the tasks behind it; they are handed over by dragging them onto
 * another person or day, or by choosing both.
 */
export class TeamPanel extends Component {
    static template = "crm_playbook.TeamPanel";
    static components = { Layout, TaskCard };
    static props = { ...standardActionServiceProps };
    static path = "team-panel";
    static displayName = _t("Team");

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        const remembered = this.props.state?.panel || this.props.action?.params || {};
        this.look = useState({
            first: this.readableDay(remembered.first),
            weeks: Number(remembered.weeks) === 2 ? 2 : 1,
            team_id: Number(remembered.team_id) || false,
        });
        this.state = useState({ load: null, cell: null, tasks: null, limit: PAGE, over: null });
        this.chosen = useState(new Set());
        this.to = useState({ user: SAME, day: SAME });
        useSetupAction({ getLocalState: () => ({ panel: { ...this.look } }) });
        onWillStart(() => this.loadNumbers());
        onMounted(() => this.remember());
    }

    readableDay(text) {
        const day = DateTime.fromISO(text || "");
        return (day.isValid ? day : getStartOfLocalWeek(DateTime.local())).toISODate();
    }

    // --- what is shown -----------------------------------------------------------------

    get days() {
        const today = DateTime.local();
        return this.state.load.days.map((iso) => {
            const day = DateTime.fromISO(iso);
            return {
                iso,
                weekday: day.toFormat("ccc"),
                number: day.day,
                name: day.toLocaleString({ weekday: "long", day: "numeric", month: "long" }),
                isToday: day.hasSame(today, "day"),
            };
        });
    }

    get title() {
        const { days } = this.state.load;
        const [first, last] = [days[0], days.at(-1)].map((iso) =>
            DateTime.fromISO(iso).toLocaleString({ day: "numeric", month: "short" })
        );
        return `${first} – ${last}`;
    }

    get people() {
        return this.state.load.people;
    }

    avatar(person) {
        return url("/web/image", { model: "res.users", field: "avatar_128", id: person.id });
    }

    /** How full a day is: in percent of its bar, and whether it is too much. */
    fill({ booked_hours, available_hours }) {
        const share = available_hours ? (100 * booked_hours) / available_hours : booked_hours && 100;
        return { share: Math.min(100, share), isOver: booked_hours > available_hours };
    }

    hours(cell) {
        const format = (hours) => formatFloatTime(hours, { noLeadingZeroHour: true });
        return _t("%(booked)s of %(available)s h", {
            booked: format(cell.booked_hours),
            available: format(cell.available_hours),
        });
    }

    isOpen(person, day = false) {
        const { cell } = this.state;
        return Boolean(cell && cell.user_id === person.id && cell.day === day);
    }

    get cellTitle() {
        const { user_id, day } = this.state.cell;
        const { name } = this.people.find(({ id }) => id === user_id);
        const when = this.days.find(({ iso }) => iso === day);
        return `${name} · ${when ? when.name : _t("overdue")}`;
    }

    get tasks() {
        return this.state.tasks?.tasks || [];
    }

    get canHandOver() {
        return this.to.user !== SAME || this.to.day !== SAME;
    }

    // --- loading -----------------------------------------------------------------------

    async loadNumbers() {
        const { first, weeks, team_id } = this.look;
        const args = [first, 7 * weeks, team_id];
        this.state.load = await this.keepLast.add(
            this.orm.call("crm.agenda", "get_team_load", args)
        );
    }

    async loadTasks() {
        const { cell } = this.state;
        if (!cell) {
            return;
        }
        const args = [cell.user_id, cell.day, this.look.team_id, this.state.limit];
        const tasks = await this.orm.call("crm.agenda", "get_team_tasks", args);
        if (cell === this.state.cell) {
            this.state.tasks = tasks;
            this.chosen.clear();
        }
    }

    load() {
        return Promise.all([this.loadNumbers(), this.loadTasks()]);
    }

    show(look) {
        Object.assign(this.look, look);
        this.close();
        this.remember();
        return this.loadNumbers();
    }

    remember() {
        const { first, weeks, team_id } = this.look;
        this.props.updateActionState?.({ first, weeks, team_id: team_id || undefined });
    }

    goBy(steps) {
        const first = DateTime.fromISO(this.look.first).plus({ weeks: steps * this.look.weeks });
        return this.show({ first: first.toISODate() });
    }

    goToday() {
        return this.show({ first: this.readableDay() });
    }

    onTeam(ev) {
        return this.show({ team_id: Number(ev.target.value) || false });
    }

    // --- the tasks behind a number -----------------------------------------------------

    open(person, day = false) {
        if (this.isOpen(person, day)) {
            return this.close();
        }
        Object.assign(this.state, { cell: { user_id: person.id, day }, tasks: null, limit: PAGE });
        this.chooseNothing();
        return this.loadTasks();
    }

    close() {
        Object.assign(this.state, { cell: null, tasks: null });
        this.chooseNothing();
    }

    /** Neither tasks nor to whom and when: what was chosen may be on the screen no more. */
    chooseNothing() {
        this.chosen.clear();
        Object.assign(this.to, { user: SAME, day: SAME });
    }

    showMore() {
        this.state.limit += PAGE;
        return this.loadTasks();
    }

    choose(task) {
        if (!this.chosen.delete(task.id)) {
            this.chosen.add(task.id);
        }
    }

    chooseAll() {
        const isAll = this.chosen.size === this.tasks.length;
        this.chosen.clear();
        if (!isAll) {
            this.tasks.forEach(({ id }) => this.chosen.add(id));
        }
    }

    // --- handing over ------------------------------------------------------------------

    /** Whatever comes of it, the panel then shows how things stand. */
    async handOver(ids, userId, day) {
        try {
            await this.orm.call("crm.action", "hand_over", [ids, userId, day]);
            this.chooseNothing();
        } finally {
            await this.load();
        }
    }

    handOverChosen() {
        const { user_id } = this.state.cell;
        const { user, day } = this.to;
        const userId = user === SAME ? user_id : Number(user) || false;
        return this.handOver([...this.chosen], userId, day !== SAME && day);
    }

    /** With the one that is dragged go the others that are chosen. */
    onDragStart(ev, task) {
        this.dragged = this.chosen.has(task.id) ? [...this.chosen] : [task.id];
        // Some browsers drag nothing that carries no data.
        ev.dataTransfer?.setData("text/plain", this.dragged.join());
    }

    onDragOver(ev, key) {
        if (this.dragged) {
            ev.preventDefault();
            this.state.over = key;
        }
    }

    onDragEnd() {
        this.dragged = null;
        this.state.over = null;
    }

    onDrop(ev, person, day = false) {
        ev.preventDefault();
        const { dragged } = this;
        this.onDragEnd();
        // Who sees other days than those who have the tasks moves them only on purpose.
        const isOtherDay = day !== this.state.cell?.day;
        return dragged && this.handOver(dragged, person.id, isOtherDay && day);
    }

    // --- one task ----------------------------------------------------------------------

    onCard(what, task) {
        const replan = { default_instead: "reschedule", default_date: task.start };
        const asked = {
            record: {},
            plan: { ...replan, default_mode: "planned" },
            free: { ...replan, default_mode: "free" },
            reassign: { default_instead: "reassign" },
        };
        if (what === "take") {
            return this.orm.call("crm.action", "take", [[task.id]]).finally(() => this.load());
        }
        if (what in asked) {
            return this.action.doAction("crm_playbook.crm_action_record_action", {
                additionalContext: {
                    active_model: "crm.action",
                    active_id: task.id,
                    active_ids: [task.id],
                    ...asked[what],
                },
                onClose: () => this.load(),
            });
        }
        const forms = {
            open: ["crm.action", task.id],
            openPartner: ["res.partner", task.partner.id],
            openLead: ["crm.lead", task.lead.id],
        };
        const [model, id] = forms[what];
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("crm_playbook.team_panel", TeamPanel);
