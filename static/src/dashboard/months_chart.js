import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;
const COLORS = ["#71639e", "#c9c2dd"];

/** Month by month: revenue and cost, or what was made and won where money is not shown. */
export class MonthsChart extends Component {
    static template = "crm_playbook.MonthsChart";
    static props = { months: Array, seesMoney: Boolean };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.months]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get series() {
        return this.props.seesMoney
            ? [
                  { name: "revenue", label: _t("Revenue") },
                  { name: "cost", label: _t("Cost") },
              ]
            : [
                  { name: "opportunity_count", label: _t("Opportunities") },
                  { name: "won_count", label: _t("Won") },
              ];
    }

    draw() {
        this.chart?.destroy();
        this.chart = new Chart(this.canvas.el, {
            type: "bar",
            data: {
                labels: this.props.months.map(({ date }) => DateTime.fromISO(date).toFormat("LLL yy")),
                datasets: this.series.map(({ name, label }, place) => ({
                    label,
                    data: this.props.months.map((month) => month[name]),
                    backgroundColor: COLORS[place],
                    borderRadius: 3,
                })),
            },
            options: {
                maintainAspectRatio: false,
                animation: false,
                plugins: { legend: { position: "bottom" } },
                scales: { x: { grid: { display: false } }, y: { beginAtZero: true } },
            },
        });
    }
}
