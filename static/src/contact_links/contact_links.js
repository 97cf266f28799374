import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const MAP = "https://www.google.com/maps/search/?api=1&query=";

/** Call, write, go there: how to reach an entity, as links. */
export class ContactLinks extends Component {
    static template = "crm_playbook.ContactLinks";
    static props = { links: Object };

    get links() {
        const { phone, dialled, email, address } = this.props.links;
        return [
            { kind: "call", icon: "fa-phone", text: phone, href: `tel:${dialled || phone}` },
            { kind: "write", icon: "fa-envelope-o", text: email, href: `mailto:${email}` },
            {
                kind: "go",
                icon: "fa-map-marker",
                text: address,
                href: MAP + encodeURIComponent(address),
                target: "_blank",
            },
        ].filter(({ text }) => text);
    }
}

/** The same of what a Json field says. */
export class ContactLinksField extends Component {
    static template = "crm_playbook.ContactLinksField";
    static components = { ContactLinks };
    static props = { ...standardFieldProps };

    get links() {
        return this.props.record.data[this.props.name] || {};
    }
}

registry.category("fields").add("contact_links", {
    component: ContactLinksField,
    displayName: _t("Call, Write, Go There"),
    supportedTypes: ["json"],
});
