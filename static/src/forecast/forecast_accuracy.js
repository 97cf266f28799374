import { Component, onWillStart, onWillUnmount, onWillUpdateProps, useEffect, useRef, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/views/fields/formatters";
import { integer, money, percentage } from "./numbers";

const { DateTime } = luxon;
const PERIODS = { month: 6, quarter: 4, year: 2 };

/** How close past forecasts came, by person, and whether probabilities are what happens. */
export class ForecastAccuracy extends Component {
    static template = "crm_playbook.ForecastAccuracy";
    static props = { period: String, teamId: [Number, Boolean], userId: [Number, Boolean], today: String };

    setup() {
        this.orm = useService("orm");
        this.canvas = useRef("canvas");
        this.keepLast = new KeepLast();
        this.state = useState({ accuracy: null, calibration: null });
        onWillStart(() => Promise.all([loadBundle("web.chartjs_lib"), this.load(this.props)]));
        onWillUpdateProps((props) => this.load(props));
        useEffect(
            (canvas) => this.draw(canvas),
            () => [this.canvas.el, this.state.calibration]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    async load({ period, teamId, userId, today }) {
        const whose = { team_id: teamId, user_id: userId };
        const first = DateTime.fromISO(today).minus({ years: 1 }).toISODate();
        const [accuracy, calibration] = await this.keepLast.add(
            Promise.all([
                this.orm.call("crm.forecast", "get_accuracy", [], { period, count: PERIODS[period], ...whose }),
                this.orm.call("crm.forecast", "get_calibration", [], { first, last: today, ...whose }),
            ])
        );
        Object.assign(this.state, { accuracy, calibration });
    }

    get accuracy() {
        return this.state.accuracy;
    }

    get calibration() {
        return this.state.calibration;
    }

    get hasAccuracy() {
        return this.accuracy.rows.some(({ total }) => total.forecast || total.actual);
    }

    tone({ accuracy }) {
        if (accuracy === false) {
            return "text-muted";
        }
        return accuracy >= 0.8 ? "text-success" : accuracy >= 0.5 ? "text-warning-emphasis" : "text-danger";
    }

    accuracyText({ accuracy }) {
        return accuracy === false ? "–" : percentage(accuracy);
    }

    biasText({ bias }) {
        return bias === false ? "–" : `${bias > 0 ? "+" : ""}${percentage(bias)}`;
    }

    pairTitle({ forecast, actual }) {
        return _t("%(forecast)s forecast, %(actual)s came", { forecast: this.money(forecast), actual: this.money(actual) });
    }

    money(value) {
        return money(value, this.accuracy.currency_id);
    }

    number(value) {
        return integer(value);
    }

    score(value) {
        return value === false ? "–" : formatFloat(value, { digits: [16, 3] });
    }

    get verdict() {
        const { brier, reference, bias } = this.calibration;
        const text =
            brier < reference
                ? _t("Probabilities tell more than the average does.")
                : _t("Probabilities tell no more than the average does.");
        if (Math.abs(bias) < 5) {
            return text;
        }
        return `${text} ${bias > 0 ? _t("They promise too much.") : _t("They promise too little.")}`;
    }

    draw(canvas) {
        this.chart?.destroy();
        this.chart = null;
        if (!canvas) {
            return;
        }
        const { points } = this.calibration;
        this.chart = new Chart(canvas, {
            type: "scatter",
            data: {
                datasets: [
                    {
                        label: _t("What happened"),
                        data: points.map(({ predicted, observed }) => ({ x: predicted, y: observed })),
                        backgroundColor: "#71639e",
                        borderColor: "#71639e",
                        pointRadius: points.map(({ count }) => 3 + Math.min(Math.sqrt(count), 9)),
                        showLine: true,
                    },
                    {
                        label: _t("As promised"),
                        data: [
                            { x: 0, y: 0 },
                            { x: 100, y: 100 },
                        ],
                        borderColor: "#bbb",
                        borderDash: [5, 5],
                        pointRadius: 0,
                        showLine: true,
                    },
                ],
            },
            options: {
                maintainAspectRatio: false,
                animation: false,
                plugins: { legend: { position: "bottom" } },
                scales: {
                    x: { min: 0, max: 100, title: { display: true, text: _t("Probability, per cent") } },
                    y: { min: 0, max: 100, title: { display: true, text: _t("Won, per cent") } },
                },
            },
        });
    }
}
