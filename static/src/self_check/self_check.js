import { Component, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/**
 * Whether ledger, actions, mails, orders and reports say the same: one check after the
 * other, so that one sees how far they are.
 */
export class SelfCheck extends Component {
    static template = "crm_playbook.SelfCheck";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static path = "self-check";
    static displayName = _t("Self-Check");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ checks: [], isRunning: false });
        onWillStart(async () => {
            this.state.checks = await this.orm.call("crm.self.check", "get_checks");
            this.run();
        });
        onWillUnmount(() => (this.isGone = true));
    }

    async run() {
        if (this.state.isRunning) {
            return;
        }
        this.state.isRunning = true;
        for (const check of this.state.checks) {
            Object.assign(check, { status: "waiting", open: null });
        }
        try {
            for (const check of this.state.checks) {
                if (this.isGone) {
                    return;
                }
                await this.make(check);
            }
        } finally {
            this.state.isRunning = false;
        }
    }

    async make(check) {
        check.status = "running";
        try {
            const found = await this.orm.silent.call("crm.self.check", "run_check", [check.name]);
            Object.assign(check, found, { status: found.differences ? "red" : "green" });
        } catch (error) {
            check.status = "broken";
            throw error;
        }
    }

    get done() {
        return this.state.checks.filter(({ status }) => ["red", "green"].includes(status));
    }

    get red() {
        return this.state.checks.filter(({ status }) => status === "red");
    }

    get summary() {
        const [done, all] = [this.done.length, this.state.checks.length];
        if (this.state.isRunning) {
            return _t("%(done)s of %(all)s checks made", { done, all });
        }
        if (done < all) {
            return _t("Not all checks could be made");
        }
        return this.red.length
            ? _t("%s checks found differences", this.red.length)
            : _t("Everything agrees");
    }

    get look() {
        if (this.red.length || (!this.state.isRunning && this.done.length < this.state.checks.length)) {
            return "danger";
        }
        return this.state.isRunning ? "info" : "success";
    }

    count(number) {
        return formatInteger(number);
    }

    open(check) {
        this.action.doAction(check.open);
    }
}

registry.category("actions").add("crm_playbook.self_check", SelfCheck);
