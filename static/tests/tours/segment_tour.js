import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });
const edit = (content, trigger, text) => ({ content, trigger, run: `edit ${text}` });
const enter = (content, trigger, text) => ({
    content,
    trigger,
    run: `edit ${text} && press Tab`,
});

const chooseField = (name) => [
    edit("Look for it", ".o_model_field_selector_popover_search input", name),
    click(name, `.o_model_field_selector_popover_item_name:text(${name})`),
];

registry.category("web_tour.tours").add("crm_playbook_manager_makes_a_kind", {
    steps: () => [
        click("A new kind", ".o_list_button_add"),
        edit("Its name", ".o_field_widget[name=name] input", "Tour school"),
        click("Save it", ".o_form_button_save"),
        click("A field of its own", ".o_field_property_add button"),
        edit("What it is called", ".o_field_property_definition_header", "Pupils"),
        click("What it holds", ".o_field_property_definition_type input"),
        click("A number", ".o-dropdown-item:contains(Integer)"),
        click("Away from the popover", ".o_form_sheet .oe_title label"),
        see("It is there", ".o_field_property_label:contains(Pupils)"),
        click("Save it", ".o_form_button_save"),
        see("Saved", ".o_form_saved"),
        click("What is required", ".nav-link:contains(Required Fields)"),
        click("One more", ".o_field_x2many_list_row_add a"),
        click("Which field?", ".o_field_widget[name=field_path] .o_model_field_selector"),
        ...chooseField("Free Fields"),
        click("Pupils", ".o_model_field_selector_popover_item_name:contains(Pupils)"),
        see("It is chosen", ".o_field_widget[name=field_path]:contains(Pupils)"),
        click("Save", ".o_form_button_save"),
        see("Saved", ".o_form_saved"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_seller_fills_in_a_kind", {
    steps: () => [
        edit("Who it is", ".o_field_widget[name=name] input, .o_field_widget[name=name] textarea", "Tour North"),
        edit("What kind", ".o_field_widget[name=entity_kind_id] input", "Tour school"),
        click("A school", ".ui-menu-item a:contains(Tour school)"),
        see("Its own field is there", ".o_field_property_label:contains(Pupils)"),
        click("Save it", ".o_form_button_save"),
        see("Told what is missing", ".modal:contains(Please fill in: Pupils)"),
        click("Understood", ".modal footer button"),
        edit("How many", ".o_field_widget[name=entity_properties] .o_field_property_input", "300"),
        click("Save it", ".o_form_button_save"),
        see("Saved", ".o_form_saved"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_manager_makes_a_segment", {
    steps: () => [
        click("A new segment", ".o_list_button_add"),
        edit("Its name", ".o_field_widget[name=name] input", "Tour segment"),
        click("What counts", ".o_field_widget[name=period] input"),
        click("The last days", ".o_select_menu_item:contains(In the last)"),
        enter("So many", ".o_field_widget[name=period_days] input", "90"),
        click("A condition", ".o_tree_editor a:contains(New Rule)"),
        click("Over what?", ".o_tree_editor_condition:contains(Country) .o_model_field_selector"),
        ...chooseField("City"),
        see("City is chosen", ".o_model_field_selector_chain_part:contains(City)"),
        enter("Where", ".o_tree_editor_condition:contains(City) .o_tree_editor_editor:last input", "Tourville"),
        see("Three live there", ".o_segment_count:contains(3)"),
        click("One more", ".o_tree_editor a:contains(New Rule)"),
        click("Over what?", ".o_tree_editor_condition:last .o_model_field_selector"),
        ...chooseField("Ordered"),
        see("Orders are chosen", ".o_tree_editor_condition:contains(Ordered)"),
        enter("How much", ".o_tree_editor_condition:contains(Ordered) .o_tree_editor_editor:last input", "300"),
        see("Only one has bought for so much lately", ".o_segment_count:contains(1)"),
        click("Save it", ".o_form_button_save"),
        see("Saved", ".o_form_saved"),
        click("A list that stays", "button[name=action_freeze]"),
        see("It is a copy", ".o_form_view:contains(A fixed list of who was in)"),
        see("With its members", ".o_field_widget[name=partner_ids]:contains(Tour Anna)"),
    ],
});
