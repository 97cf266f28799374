import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const MAP = "https://www.google.com/maps/search/?api=1&query=";

/** Call, write, go there: what a Json field says of how to reach an entity, as links. */
export class ContactLinks extends Component {
    static template = "crm_playbook.ContactLinks";
    static props = { ...standardFieldProps };

    get links() {
        const links = this.props.record.data[this.props.name] || {};
        return [
            {
                kind: "call",
                icon: "fa-phone",
                text: links.phone,
                href: `tel:${links.dialled || links.phone}`,
            },
            { kind: "write", icon: "fa-envelope-o", text: links.email, href: `mailto:${links.email}` },
            {
                kind: "go",
                icon: "fa-map-marker",
                text: links.address,
                href: MAP + encodeURIComponent(links.address),
                target: "_blank",
            },
        ].filter(({ text }) => text);
    }
}

registry.category("fields").add("contact_links", {
    component: ContactLinks,
    displayName: _t("Call, Write, Go There"),
    supportedTypes: ["json"],
});
