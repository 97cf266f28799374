import { Component, onMounted, onWillStart, useState } from "@odoo/owl";
import { formatCurrency } from "@web/core/currency";
import { deserializeDateTime, toLocaleDateString, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { url } from "@web/core/utils/urls";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { ContactLinks } from "../contact_links/contact_links";
import { EntityChart } from "../entity_chart/entity_chart";
import { Timeline } from "../timeline/timeline";

const FEW = 5;

/**
 * One entity seen whole: who it is, its figures, what is to do, what happened, who is there,
 * what it buys. All but the timeline is asked in one call.
 */
export class EntityOverview extends Component {
    static template = "crm_playbook.EntityOverview";
    static components = { ContactLinks, EntityChart, Layout, Timeline };
    static props = { ...standardActionServiceProps };
    static path = "entity";
    static displayName = _t("360 View");

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.resId = this.props.resId || this.props.action.context.active_id;
        this.state = useState({
            overview: null,
            segments: [],
            version: 0,
            person: false,
            opened: {},
        });
        onWillStart(() => this.load());
        onMounted(() => {
            this.props.updateActionState?.({ resId: this.resId });
            this.loadSegments();
        });
    }

    /** In how many segments an entity is, is no reason to wait for the rest. */
    async loadSegments() {
        this.state.segments = await this.orm.call("res.partner", "get_segments", [this.resId]);
    }

    async load() {
        const overview = await this.keepLast.add(
            this.orm.call("res.partner", "get_overview", [this.resId])
        );
        this.state.overview = overview;
        this.state.version++;
        this.env.config?.setDisplayName?.(overview.entity.name);
    }

    // --- what is shown -----------------------------------------------------------------

    get overview() {
        return this.state.overview;
    }

    get entity() {
        return this.overview.entity;
    }

    /** Who does not sell is told who it is, and no more. */
    get sells() {
        return Boolean(this.overview.tasks);
    }

    get avatar() {
        return url("/web/image", { model: "res.partner", field: "avatar_128", id: this.entity.id });
    }

    get facts() {
        const { kind, industry, user, vat, roles } = this.entity;
        const holders = roles.map((role) => ({
            name: `role ${role.name}`,
            icon: "fa-id-badge",
            title: role.name,
            text: role.user,
        }));
        return [
            { name: "kind", icon: "fa-cube", title: _t("Kind"), text: kind },
            { name: "industry", icon: "fa-industry", title: _t("Industry"), text: industry },
            { name: "user", icon: "fa-user", title: _t("Salesperson"), text: user },
            ...holders,
            { name: "vat", icon: "fa-id-card-o", title: _t("Tax ID"), text: vat },
        ].filter(({ text }) => text);
    }

    value({ type, value }) {
        if (type === "money") {
            return this.money(value);
        }
        return type === "percent" ? `${Math.round(value)} %` : `${value}`;
    }

    money(amount) {
        return formatCurrency(amount, this.overview.currency_id);
    }

    date(text) {
        return text ? toLocaleDateString(deserializeDateTime(text)) : "";
    }

    moment(text) {
        return toLocaleDateTimeString(deserializeDateTime(text), { showSeconds: false });
    }

    /** How long a bar is, in percent of the longest one. */
    share(value, items, name) {
        const most = Math.max(...items.map((item) => item[name]));
        return most > 0 ? Math.max(2, (100 * value) / most) : 0;
    }

    /** The first of a list, and all of it once that was asked for. */
    shown(name) {
        const items = this.overview[name];
        return this.state.opened[name] ? items : items.slice(0, FEW);
    }

    hasMore(name) {
        return this.overview[name].length > this.shown(name).length;
    }

    showAll(name) {
        this.state.opened[name] = true;
    }

    /** Whose timeline is shown: the whole entity's, or one contact's. */
    get timelineId() {
        return this.state.person || this.entity.id;
    }

    choosePerson({ id }) {
        this.state.person = this.state.person === id ? false : id;
    }

    get chosenPerson() {
        return this.overview.people.find(({ id }) => id === this.state.person);
    }

    // --- what is done from here --------------------------------------------------------

    /** Whatever was done, the screen then shows how things stand. */
    do(action, options = {}) {
        return this.action.doAction(action, { onClose: () => this.load(), ...options });
    }

    record(context = {}) {
        return this.dialog("res.partner", this.entity.id, context);
    }

    recordTask({ id }) {
        return this.dialog("crm.action", id);
    }

    startCampaign() {
        return this.record({ default_instead: "campaign" });
    }

    dialog(model, id, context = {}) {
        return this.do("crm_playbook.crm_action_record_action", {
            additionalContext: {
                active_model: model,
                active_id: id,
                active_ids: [id],
                ...context,
            },
        });
    }

    newOpportunity() {
        const { id } = this.entity;
        return this.openForm("crm.lead", false, {
            default_partner_id: id,
            default_type: "opportunity",
        });
    }

    openForm(model, id, context = {}) {
        return this.do({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
            context,
        });
    }

    async openFigure({ name }) {
        return this.do(await this.orm.call("res.partner", "open_figure", [this.entity.id, name]));
    }
}

registry.category("actions").add("crm_playbook.entity_overview", EntityOverview);
