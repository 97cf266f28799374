import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { formatInteger } from "@web/views/fields/formatters";
import { money } from "./numbers";

const COLORS = { total: "#71639e", up: "#3c9d6b", down: "#c0504d" };

/** What moved the forecast of a period between two days: a chart, and the same as a table. */
export class ForecastWaterfall extends Component {
    static template = "crm_playbook.ForecastWaterfall";
    static props = { told: Object, name: String, currencyId: Number, onOpen: Function, onSince: Function };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.told]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    /** Steps that happened, each with where its bar begins and ends. */
    get steps() {
        let level = 0;
        return this.props.told.steps
            .filter(({ kind, count }) => kind === "total" || count)
            .map((step) => {
                const from = step.kind === "total" ? 0 : level;
                level = { total: step.amount, up: level + step.amount, down: level - step.amount }[step.kind];
                return { ...step, bar: [from, level] };
            });
    }

    get change() {
        const { steps } = this.props.told;
        return steps.at(-1).amount - steps[0].amount;
    }

    draw() {
        this.chart?.destroy();
        const steps = this.steps;
        this.chart = new Chart(this.canvas.el, {
            type: "bar",
            data: {
                labels: steps.map(({ label }) => label),
                datasets: [
                    {
                        data: steps.map(({ bar }) => bar),
                        backgroundColor: steps.map(({ kind }) => COLORS[kind]),
                        borderRadius: 3,
                        borderSkipped: false,
                    },
                ],
            },
            options: {
                maintainAspectRatio: false,
                animation: false,
                onClick: (_ev, [bar]) => bar && this.props.onOpen(steps[bar.index].name),
                plugins: {
                    legend: { display: false },
                    tooltip: { callbacks: { label: ({ dataIndex }) => this.money(steps[dataIndex].amount) } },
                },
                scales: { x: { grid: { display: false } }, y: { beginAtZero: true, ticks: { callback: (value) => this.money(value) } } },
            },
        });
    }

    signed({ kind, amount }) {
        return `${{ up: "+", down: "−", total: "" }[kind]}${this.money(amount)}`;
    }

    money(value) {
        return money(value, this.props.currencyId);
    }

    number(value) {
        return formatInteger(value);
    }
}
