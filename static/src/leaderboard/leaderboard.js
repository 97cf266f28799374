import { Component, onMounted, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { url } from "@web/core/utils/urls";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const { DateTime } = luxon;
const PERIODS = {
    day: _t("Day"),
    week: _t("Week"),
    month: _t("Month"),
    quarter: _t("Quarter"),
    year: _t("Year"),
};

/** Who has how many points in a period, by person or by team, and one's own targets. */
export class Leaderboard extends Component {
    static template = "crm_playbook.Leaderboard";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static path = "leaderboard";
    static displayName = _t("Leaderboard");

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.periods = Object.entries(PERIODS);
        const remembered = this.props.state?.look || this.props.action?.params || {};
        this.look = useState({
            period: remembered.period in PERIODS ? remembered.period : "week",
            by: remembered.by === "team" ? "team" : "person",
            day: DateTime.fromISO(remembered.day || "").isValid ? remembered.day : false,
            team_id: Number(remembered.team_id) || false,
            campaign_id: Number(remembered.campaign_id) || false,
        });
        this.state = useState({ board: null });
        useSetupAction({ getLocalState: () => ({ look: { ...this.look } }) });
        onWillStart(() => this.load());
        onMounted(() => this.remember());
    }

    // --- what is shown -----------------------------------------------------------------

    get board() {
        return this.state.board;
    }

    get title() {
        const [first, last] = [this.board.first_day, this.board.last_day].map((iso) =>
            DateTime.fromISO(iso).toLocaleString({ day: "numeric", month: "short", year: "numeric" })
        );
        return first === last ? first : `${first} – ${last}`;
    }

    /** The first three who have points, the winner in the middle. */
    get podium() {
        const best = this.board.rows.filter(({ points }) => points > 0).slice(0, 3);
        return best.length === 3 ? [best[1], best[0], best[2]] : best;
    }

    avatar({ id }) {
        return url("/web/image", { model: "res.users", field: "avatar_128", id });
    }

    share({ points }) {
        const best = Math.max(1, ...this.board.rows.map((row) => row.points));
        return Math.max(0, (100 * points) / best);
    }

    change({ change }) {
        return change > 0 ? `+${change}` : `${change}`;
    }

    number(value) {
        return Math.round(value);
    }

    opens(row) {
        const { by, opens } = this.board;
        return by === "person" && (opens === "all" || row.is_mine);
    }

    // --- loading -----------------------------------------------------------------------

    async load() {
        const { period, team_id, campaign_id, by, day } = this.look;
        this.state.board = await this.keepLast.add(
            this.orm.call("crm.leaderboard", "get_leaderboard", [], {
                period,
                team_id,
                campaign_id,
                by,
                day: day || null,
            })
        );
    }

    show(look) {
        Object.assign(this.look, look);
        this.remember();
        this.loading = this.load();
        return this.loading;
    }

    remember() {
        const given = Object.entries(this.look).map(([name, value]) => [name, value || undefined]);
        this.props.updateActionState?.(Object.fromEntries(given));
    }

    /** From what is asked for last, even if it is still on its way. */
    async goBack() {
        await this.loading;
        const before = DateTime.fromISO(this.board.first_day).minus({ days: 1 });
        return this.show({ day: before.toISODate() });
    }

    async goOn() {
        await this.loading;
        const after = DateTime.fromISO(this.board.last_day).plus({ days: 1 });
        return this.show({ day: after.toISODate() });
    }

    onChoose(name, ev) {
        return this.show({ [name]: Number(ev.target.value) || false });
    }

    // --- what lies behind --------------------------------------------------------------

    /** The ledger lines that a person's points are the sum of. */
    openLines(row) {
        if (!this.opens(row)) {
            return;
        }
        const [start, end] = this.board.span;
        const domain = [
            ["points", "!=", 0],
            ["user_id", "=", row.id],
            ["date", ">=", start],
            ["date", "<", end],
        ];
        for (const name of ["team_id", "campaign_id"]) {
            if (this.look[name]) {
                domain.push([name === "team_id" ? name : "crm_campaign_id", "=", this.look[name]]);
            }
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Points of %s", row.name),
            res_model: "crm.transition",
            views: [
                [this.env.isSmall ? false : this.board.list_view_id, this.env.isSmall ? "kanban" : "list"],
                [false, "form"],
            ],
            domain,
            context: { create: false },
        });
    }
}

registry.category("actions").add("crm_playbook.leaderboard", Leaderboard);
