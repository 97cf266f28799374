import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });

const figure = (name, value) => `.o_entity_figure[data-figure=${name}]:contains(${value})`;

const glance = [
    see("Who it is", ".o_entity_who h1:contains(Tour Company)"),
    see("What it ordered", figure("ordered", "350.00")),
    see("What it owes", figure("due", "250.00")),
    see("What it could order", figure("quotations", "70.00")),
    see("Month by month", ".o_entity_chart canvas"),
    see("Its opportunity", ".o_entity_leads a:contains(Test opportunity)"),
    see("What it bought", ".o_entity_bought a:contains(Overview product)"),
    see("Its people", ".o_entity_person:contains(Tour Anna)"),
    see("What happened", ".o_timeline_item:contains(confirmed)"),
    click("Only calls", ".o_timeline_kinds button[data-kind=call]"),
    see("Nothing but calls", ".o_timeline:not(:has(.o_timeline_order))"),
    click("All again", ".o_timeline_kinds button:contains(All)"),
    see("The order is back", ".o_timeline_item:contains(confirmed)"),
    click("Only what Anna has done", ".o_entity_person:contains(Tour Anna) .o_entity_only"),
    see("The company's order is out", ".o_timeline:not(:has(.o_timeline_order))"),
    click("The whole company again", ".o_entity_timeline h2 button:contains(Tour Anna)"),
    see("Its order is back", ".o_timeline_item:contains(confirmed)"),
    click("Do the next task", ".o_entity_tasks .o_entity_do"),
    click("Interested", ".modal .o_outcome_buttons button:contains(Test interested)"),
    click("Record", ".modal footer button[name=action_record]"),
    see("It has happened", ".o_timeline_call:contains(Test call: Test interested)"),
    see("It is counted", figure("contacts", "1")),
    see("The status has changed", ".o_entity_statuses:contains(Test planned)"),
];

registry.category("web_tour.tours").add("crm_playbook_entity_seen_whole", {
    steps: () => [
        click("From the contact's form", "button:contains(360° View)"),
        ...glance,
        click("What is behind a figure", figure("ordered", "350.00")),
        see("Its orders", ".o_list_view .o_data_row:contains(250.00)"),
        click("Back", ".o_breadcrumb a:contains(Tour Company):last, .o_back_button"),
        see("It is there again", figure("ordered", "350.00")),
        click("A new opportunity", ".o_entity_opportunity"),
        see("Of this customer", ".o_form_view .o_field_widget[name=partner_id] input:value(Tour Company)"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_entity_on_a_phone", {
    steps: () => [
        see("A thumb calls", ".o_entity_head a.o_contact_call[href='tel:+34612345678']"),
        see("Or writes", ".o_entity_head a.o_contact_write[href='mailto:tour.company@test.example']"),
        see("Or goes there", ".o_entity_head a.o_contact_go"),
        ...glance,
    ],
});
