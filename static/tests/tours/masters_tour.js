import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });

const merge = [
    see("Why it may be the same", ".alert:contains(same e-mail):contains(similar name)"),
    click("Compare them", "button[name=action_compare_duplicates]"),
    see("Both are there", ".modal .o_field_widget[name=partner_ids]:contains(Tour Anna):contains(Anna Tour)"),
    click("They are one", ".modal footer button[name=action_merge]"),
    see("It is done", ".modal h2:contains(no more contacts to merge)"),
    click("Close", ".modal footer button:contains(Close)"),
    see("Nobody asks any more", "body:not(:has(.modal)) .o_form_view:not(:has(div[name=duplicates]))"),
];

registry.category("web_tour.tours").add("crm_playbook_clerk_merges_a_duplicate", {
    steps: () => merge,
});

registry.category("web_tour.tours").add("crm_playbook_clerk_tells_two_apart", {
    steps: () => [
        see("It may be the same", ".alert:contains(Anna Tour)"),
        click("It is not", "button[name=action_tell_apart]"),
        see("It stands there", ".o-mail-Message:contains(Not the same as)"),
        see("Nobody asks any more", ".o_form_view:not(:has(div[name=duplicates]))"),
    ],
});

const wizard = ".modal .o_form_view";

registry.category("web_tour.tours").add("crm_playbook_administrator_archives_a_salesperson", {
    steps: () => [
        click("Who leaves", ".o_data_row:contains(playbook_seller) .o_list_record_selector input"),
        click("What can be done", ".o_control_panel .o_cp_action_menus button:contains(Actions)"),
        click("Archive", ".o-dropdown--menu .o_menu_item:contains(Archive)"),
        click("Yes", ".modal footer button.btn-primary"),
        see("Who leaves has two customers", `${wizard} .o_field_widget[name=entity_count]:contains(2)`),
        see("And an opportunity", `${wizard} .o_field_widget[name=lead_count]:contains(1)`),
        {
            content: "A colleague takes them over",
            trigger: `${wizard} .o_field_widget[name=user_id] input`,
            run: "edit playbook_other",
        },
        click("This one", ".o-autocomplete--dropdown-item:contains(playbook_other)"),
        click("Hand over", ".modal footer button[name=action_reassign]"),
        see("Done", "body:not(:has(.modal)) .o_list_view"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_hands_over_one_entity", {
    steps: () => [
        click("This one", ".o_data_row:contains(Ada Bianchi) .o_list_record_selector input"),
        click("What can be done", ".o_control_panel .o_cp_action_menus button:contains(Actions)"),
        click("Hand over", ".o-dropdown--menu .o_menu_item:contains(Hand Over Customers)"),
        see("It is about one", `${wizard} .o_field_widget[name=entity_count]:contains(1)`),
        {
            content: "To a colleague",
            trigger: `${wizard} .o_field_widget[name=user_id] input`,
            run: "edit playbook_other",
        },
        click("This one", ".o-autocomplete--dropdown-item:contains(playbook_other)"),
        click("Hand over", ".modal footer button[name=action_reassign]"),
        see("Done", "body:not(:has(.modal)) .o_list_view"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_applies_a_feed", {
    steps: () => [
        see("Somebody is there already", ".alert:contains(are there already)"),
        click("Feed them", "button[name=action_apply]"),
        click("Yes", ".modal footer button.btn-primary"),
        see("Nobody is left", "body:not(:has(.modal)) .o_form_view:not(:has(div[name=waiting]))"),
    ],
});
