import { Component } from "@odoo/owl";

const WHOSE = ["user_id", "team_id"];

/** Whose tasks are shown, of which campaign, type and goal. */
export class AgendaFilters extends Component {
    static template = "crm_playbook.AgendaFilters";
    static props = { choices: Object, filters: Object, onChange: Function };

    get whose() {
        const name = WHOSE.find((name) => this.props.filters[name]);
        return name ? `${name}/${this.props.filters[name]}` : "";
    }

    get seesOthers() {
        const { users, teams } = this.props.choices;
        return Boolean(users.length || teams.length);
    }

    onWhose(ev) {
        const [name, id] = ev.target.value.split("/");
        this.props.onChange({ user_id: false, team_id: false, ...(name && { [name]: Number(id) }) });
    }

    onSelect(name, ev) {
        this.props.onChange({ [name]: Number(ev.target.value) || false });
    }
}
