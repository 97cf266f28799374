import { Component, useEffect, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const CLOSING_ICONS = { won: "fa-trophy", lost: "fa-times" };

/**
 * The stages of a playbook as a line of connected nodes, with what goes on in each.
 *
 * With the option `journeys_by` (the field by which opportunities point at the record),
 * a click on a stage opens the opportunities that are in it.
 */
export class StageLine extends Component {
    static template = "crm_playbook.StageLine";
    static props = {
        ...standardFieldProps,
        compact: { type: Boolean, optional: true },
        journeysBy: { type: String, optional: true },
    };

    setup() {
        this.action = useService("action");
        this.scroller = useRef("scroller");
        useEffect(
            () => this.showCurrent(),
            () => [this.current]
        );
    }

    get stages() {
        return this.props.record.data[this.props.name] || [];
    }

    get current() {
        return this.stages.find((stage) => stage.current)?.id;
    }

    get opens() {
        return Boolean(this.props.journeysBy && this.props.record.resId);
    }

    icon(stage) {
        return CLOSING_ICONS[stage.closes_as] || stage.icon;
    }

    nodeClass(stage) {
        return {
            o_stage_current: stage.current,
            o_stage_past: this.isPast(stage),
            o_stage_busy: stage.figures?.here,
            [`o_stage_closes_${stage.closes_as}`]: stage.closes_as,
        };
    }

    isPast(stage) {
        if (stage.closes_as) {
            return false;
        }
        const ids = this.stages.map(({ id }) => id);
        return ids.indexOf(stage.id) < ids.indexOf(this.current);
    }

    title(stage) {
        const parts = [stage.name, stage.task && `${stage.task} (${stage.timing})`];
        if (stage.figures && !stage.closes_as) {
            const { here, planned, done, failed } = stage.figures;
            parts.push(
                _t("%(here)s here; %(planned)s planned, %(done)s done, %(failed)s failed", {
                    here,
                    planned,
                    done,
                    failed,
                })
            );
        }
        return parts.filter(Boolean).join("\n");
    }

    /** Bring the current stage into sight where the line is longer than the screen. */
    showCurrent() {
        const scroller = this.scroller.el;
        const node = scroller?.querySelector(".o_stage_current");
        if (node) {
            scroller.scrollLeft = node.offsetLeft - (scroller.clientWidth - node.offsetWidth) / 2;
        }
    }

    onClick(ev, stage) {
        if (this.opens) {
            ev.stopPropagation();
            this.open(stage);
        }
    }

    open(stage) {
        const { resId } = this.props.record;
        return this.action.doAction("crm_playbook.crm_lead_action", {
            additionalContext: {
                [`search_default_${this.props.journeysBy}`]: resId,
                search_default_playbook_stage_id: stage.id,
                [`search_default_${stage.closes_as || "open"}`]: 1,
            },
            viewType: this.env.isSmall ? "kanban" : "list",
        });
    }
}

export const stageLine = {
    component: StageLine,
    displayName: _t("Stage Line"),
    supportedTypes: ["json"],
    extractProps: ({ options }) => ({
        compact: Boolean(options.compact),
        journeysBy: options.journeys_by,
    }),
};

registry.category("fields").add("stage_line", stageLine);
