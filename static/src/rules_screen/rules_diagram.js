import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { loadJS } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";

const DAGRE = "/crm_playbook/static/lib/dagre/dagre.min.js";
const LETTER = 7;
const NODE_HEIGHT = 38;
const THICKEST = 7;
const SPANS = [7, 30, 90, 365];
const LOOP_HEIGHT = 16;
const MARGIN = 36;
// As the style sheet has it.
const SHARE_OF_SCREEN = 0.72;
const [SMALLEST, READABLE, LARGEST] = [0.15, 0.75, 3];
const ICONS = { stage: "▤", status: "⚑", end: "◉", campaign: "✦", event: "ϟ" };

/**
 * What follows what, with the traffic of the last days on its arrows, and what to look at.
 */
export class RulesDiagram extends Component {
    static template = "crm_playbook.RulesDiagram";
    static props = {
        diagram: Object,
        days: Number,
        onDays: Function,
        onFinding: Function,
        onRule: Function,
    };

    setup() {
        this.canvas = useRef("canvas");
        this.state = useState({ around: "", withStatuses: true, zoom: 1 });
        onWillStart(() => loadJS(DAGRE));
        useEffect(
            () => this.begin(),
            () => [this.layout]
        );
    }

    // --- what is shown -----------------------------------------------------------------

    get spans() {
        return [...new Set([...SPANS, this.props.days])].sort((a, b) => a - b);
    }

    get choices() {
        const named = this.props.diagram.nodes.map((node) => ({ id: node.id, name: this.name(node) }));
        return named.sort((a, b) => a.name.localeCompare(b.name));
    }

    get warnings() {
        return this.props.diagram.findings.filter(({ level }) => level === "warning");
    }

    get notices() {
        return this.props.diagram.findings.filter(({ level }) => level !== "warning");
    }

    name(node) {
        return node.stage ? `${node.stage}: ${node.name}` : node.name;
    }

    /** The arrows that are to be drawn: all, or those at the node that is looked at. */
    get arrows() {
        const { around, withStatuses } = this.state;
        return this.props.diagram.arrows.filter(
            ({ source, target }) =>
                (!around || source === around || target === around) &&
                (withStatuses || !target.startsWith("status/"))
        );
    }

    onDays(ev) {
        this.props.onDays(Math.max(1, Math.round(Number(ev.target.value)) || this.props.days));
    }

    // --- where it stands ---------------------------------------------------------------

    /** Nodes and arrows with their places, and the size of it all. */
    get layout() {
        const { arrows } = this;
        const key = `${this.state.around} ${this.state.withStatuses}`;
        if (this.laidOut?.diagram !== this.props.diagram || this.laidOut.key !== key) {
            this.laidOut = { diagram: this.props.diagram, key, ...this.layOut(arrows) };
        }
        return this.laidOut;
    }

    layOut(arrows) {
        const graph = new window.dagre.graphlib.Graph({ multigraph: true });
        graph.setGraph({ rankdir: "LR", nodesep: 18, edgesep: 12, ranksep: 55, marginx: 16, marginy: 16 });
        graph.setDefaultEdgeLabel(() => ({}));
        const most = Math.max(1, ...arrows.map(({ traffic }) => traffic));
        const used = new Set(arrows.flatMap(({ source, target }) => [source, target]));
        for (const node of this.props.diagram.nodes.filter(({ id }) => used.has(id))) {
            const again = arrows.filter(({ source, target }) => source === node.id && target === node.id);
            const texts = [`${node.name}   `, node.stage || "", ...again.map((one) => this.label(one))];
            const letters = Math.max(...texts.map(({ length }) => length));
            const height = NODE_HEIGHT + LOOP_HEIGHT * again.length;
            graph.setNode(node.id, { node, again, width: letters * LETTER + 18, height });
        }
        const onward = arrows.filter(({ source, target }) => source !== target);
        onward.forEach((arrow, index) => {
            const label = this.label(arrow);
            const size = { width: label.length * (LETTER - 1) + 8, height: label ? 16 : 0 };
            graph.setEdge(arrow.source, arrow.target, { arrow, label, ...size, labelpos: "c" }, `${index}`);
        });
        window.dagre.layout(graph);
        const { width, height } = graph.graph();
        return {
            width: Math.max(width || 0, 1),
            height: Math.max(height || 0, 1),
            nodes: graph.nodes().map((id) => graph.node(id)),
            arrows: graph.edges().map((edge) => this.place(graph.edge(edge), most)),
        };
    }

    place({ arrow, label, points, x, y }, most) {
        return {
            arrow,
            label,
            x,
            y,
            path: this.path(points),
            width: 1.2 + (THICKEST - 1.2) * Math.sqrt(arrow.traffic / most),
            look: arrow.loop === "itself" ? "itself" : arrow.tone,
        };
    }

    /** A smooth line through all the points, so that it comes by its words. */
    path(points) {
        const at = (index) => points[Math.min(Math.max(index, 0), points.length - 1)];
        let path = `M${at(0).x},${at(0).y}`;
        for (let index = 0; index < points.length - 1; index++) {
            const [before, from, to, after] = [-1, 0, 1, 2].map((step) => at(index + step));
            const leave = [from.x + (to.x - before.x) / 6, from.y + (to.y - before.y) / 6];
            const arrive = [to.x - (after.x - from.x) / 6, to.y - (after.y - from.y) / 6];
            path += `C${leave} ${arrive} ${to.x},${to.y}`;
        }
        return path;
    }

    label({ label, traffic, loop }) {
        const sign = loop ? "↻ " : "";
        return traffic ? `${sign}${label} (${traffic})` : `${sign}${label}`;
    }

    icon({ kind }) {
        return ICONS[kind] || "";
    }

    title({ arrow }) {
        const often = _t("%(count)s times in %(days)s days", { count: arrow.traffic, days: this.props.days });
        const round = {
            person: _t("in a loop with a person in it"),
            itself: _t("in a loop that goes round by itself"),
        };
        return [arrow.label, often, round[arrow.loop]].filter(Boolean).join(", ");
    }

    // --- looking around ----------------------------------------------------------------

    get frame() {
        return this.canvas.el;
    }

    /** How large it is where all of it is seen. */
    get whole() {
        const across = (this.frame.clientWidth - MARGIN) / this.layout.width;
        const down = (SHARE_OF_SCREEN * window.innerHeight - MARGIN) / this.layout.height;
        return Math.min(1.2, across, down);
    }

    /** All of it, but never too small to read. */
    begin() {
        if (this.frame) {
            this.state.zoom = Math.max(READABLE, this.whole);
        }
    }

    fit() {
        this.state.zoom = this.whole;
    }

    zoomBy(factor) {
        this.state.zoom = Math.min(LARGEST, Math.max(SMALLEST, this.state.zoom * factor));
    }

    lookAround(id) {
        this.state.around = this.state.around === id ? "" : id;
    }

    onWheel(ev) {
        if (ev.ctrlKey) {
            ev.preventDefault();
            this.zoomBy(ev.deltaY < 0 ? 1.15 : 1 / 1.15);
        }
    }

    /** A mouse drags the picture; a finger scrolls it as it does everything. */
    onPointerDown(ev) {
        this.dragged = false;
        this.from = ev.pointerType === "mouse" ? ev : null;
    }

    onPointerMove(ev) {
        if (!this.from) {
            return;
        }
        const [across, down] = [ev.clientX - this.from.clientX, ev.clientY - this.from.clientY];
        if (this.dragged || Math.abs(across) + Math.abs(down) > 4) {
            this.dragged = true;
            this.frame.scrollLeft -= across;
            this.frame.scrollTop -= down;
            this.from = ev;
        }
    }

    onPointerUp() {
        this.from = null;
    }

    onArrow({ arrow }) {
        if (!this.dragged && arrow.rule_ids.length) {
            this.props.onRule(arrow.rule_ids[0]);
        }
    }

    onNode({ node }) {
        if (!this.dragged) {
            this.lookAround(node.id);
        }
    }
}
