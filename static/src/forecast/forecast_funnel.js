import { Component } from "@odoo/owl";
import { integer, money } from "./numbers";

/** What is open in the chosen period, by stage; the darker part is weighted. */
export class ForecastFunnel extends Component {
    static template = "crm_playbook.ForecastFunnel";
    static props = { stages: Array, currencyId: Number, onOpen: Function };

    get stages() {
        const most = Math.max(...this.props.stages.map(({ amount }) => amount), 1);
        return this.props.stages.map((stage) => ({
            ...stage,
            width: (100 * stage.amount) / most,
            weightedWidth: (100 * stage.weighted) / most,
        }));
    }

    money(value) {
        return money(value, this.props.currencyId);
    }

    number(value) {
        return integer(value);
    }
}
