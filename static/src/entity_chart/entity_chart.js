import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { getColor } from "@web/core/colors/colors";
import { cookie } from "@web/core/browser/cookie";
import { formatCurrency } from "@web/core/currency";
import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;
const YEAR = 12;

/** What was ordered in each of the latest twelve months, beside the same month a year before. */
export class EntityChart extends Component {
    static template = "crm_playbook.EntityChart";
    static props = { months: Array, currencyId: Number };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.months]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get isEmpty() {
        return this.props.months.every(({ amount }) => !amount);
    }

    /** For who hears the screen. */
    get summary() {
        const [before, latest] = [this.amounts(0, YEAR), this.amounts(YEAR)].map((amounts) =>
            this.format(amounts.reduce((sum, amount) => sum + amount, 0))
        );
        return _t("%(latest)s in the latest twelve months, %(before)s in the twelve before", {
            latest,
            before,
        });
    }

    amounts(from, to) {
        return this.props.months.slice(from, to).map(({ amount }) => amount);
    }

    format(amount) {
        return formatCurrency(amount, this.props.currencyId);
    }

    draw() {
        this.chart?.destroy();
        if (this.isEmpty) {
            return;
        }
        const months = this.props.months.map(({ month }) => DateTime.fromISO(month));
        const latest = months.slice(YEAR);
        const scheme = cookie.get("color_scheme");
        this.chart = new Chart(this.canvas.el, {
            type: "bar",
            data: {
                labels: latest.map((month) => month.toFormat("LLL")),
                datasets: [
                    {
                        label: _t("a year before"),
                        data: this.amounts(0, YEAR),
                        backgroundColor: "rgba(150, 150, 160, 0.35)",
                        borderRadius: 3,
                    },
                    {
                        label: _t("latest"),
                        data: this.amounts(YEAR),
                        backgroundColor: getColor(0, scheme, "sm"),
                        borderRadius: 3,
                    },
                ],
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: { mode: "index", intersect: false },
                plugins: {
                    legend: { position: "bottom", labels: { boxWidth: 12 } },
                    tooltip: {
                        callbacks: {
                            title: ([{ dataIndex }]) => latest[dataIndex].toFormat("LLLL yyyy"),
                            label: ({ dataset, raw }) => `${dataset.label}: ${this.format(raw)}`,
                        },
                    },
                },
                scales: {
                    x: { grid: { display: false } },
                    y: {
                        beginAtZero: true,
                        ticks: {
                            maxTicksLimit: 4,
                            callback: (amount) =>
                                formatCurrency(amount, this.props.currencyId, {
                                    humanReadable: true,
                                    digits: [16, 0],
                                }),
                        },
                    },
                },
            },
        });
    }
}
