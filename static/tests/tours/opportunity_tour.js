import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });

const glance = [
    see("It is ordered", ".o_playbook_tile:contains(ordered):contains(250.00)"),
    see("And invoiced", ".o_playbook_tile:contains(invoiced):contains(250.00)"),
    see("The order is in the timeline", ".o_timeline_item:contains(confirmed)"),
    click("Only calls", ".o_timeline_kinds button[data-kind=call]"),
    see("The order is out", ".o_timeline:not(:has(.o_timeline_order))"),
    see("The call is in", ".o_timeline_call:contains(Test call: Test no answer)"),
    click("All again", ".o_timeline_kinds button:contains(All)"),
    see("The order is back", ".o_timeline_item:contains(confirmed)"),
    see("Its product", ".o_field_widget[name=offered_product_ids]:contains(Opportunity product)"),
    see("Who decides", ".o_field_widget[name=contact_ids]:contains(Who Decides)"),
    see("Another campaign", ".o_field_widget[name=other_campaign_lead_ids]:contains(Another campaign)"),
    click("Do its task", ".o_field_widget[name=planned_action_ids] button:contains(Outcome)"),
    click("Interested", ".modal .o_outcome_buttons button:contains(Test interested)"),
    see("What follows", ".modal .o_outcome_preview li:contains(Status becomes Test planned)"),
    click("Record", ".modal footer button[name=action_record]"),
    see("It has happened", ".o_timeline_call:contains(Test call: Test interested)"),
    see("The dialog is closed", "body:not(:has(.modal))"),
];

registry.category("web_tour.tours").add("crm_playbook_opportunity_at_a_glance", {
    steps: () => glance,
});

registry.category("web_tour.tours").add("crm_playbook_opportunity_on_a_phone", {
    steps: () => [
        see("A thumb calls", "a.o_contact_call[href='tel:+34612345678']"),
        see("Or writes", "a.o_contact_write[href='mailto:tour.anna@test.example']"),
        see("Or goes there", "a.o_contact_go"),
        ...glance,
    ],
});
