import { registry } from "@web/core/registry";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });
const edit = (content, trigger, text) => ({ content, trigger, run: `edit ${text} && press Tab` });

const NOBODY_ASKS = "body:not(:has(.modal))";
const field = (name) => `.modal .o_field_widget[name=${name}]`;

const save = [
    click("Save", ".modal footer .o_form_button_save"),
    see("It is saved", NOBODY_ASKS),
];

const select = (name, label) => [
    click(`Choose ${name}`, `${field(name)} input`),
    click(label, `.o_select_menu_item:text(${label})`),
];

const choose = (name, text) => [
    { content: `Choose ${name}`, trigger: `${field(name)} input`, run: `edit ${text}` },
    click(text, `.o-autocomplete--dropdown-item a:text(${text})`),
];

const square = (type, outcome) => `.o_rules_cell[data-type="${type}"][data-outcome="${outcome}"]`;

// --- the sports club, from nothing ---------------------------------------------------------

const OUTCOMES = [
    ["Signs up", "Positive", 230],
    ["Does not sign up", "Negative", 240],
    ["Renews", "Positive", 250],
    ["Does not renew", "Negative", 260],
];
const STATUSES = ["Member", "Non-member", "Former member"];
const TYPES = [
    ["Spontaneous tour", "Visit", "00:30", 210],
    ["Guest pass", "Other Task", "00:15", 220],
    ["Additions/Check-ups", "Other Task", "00:15", 230],
    ["Telemarketing", "Call", "00:09", 240],
    ["Early renewal", "Meeting", "00:15", 250],
    ["Renewal", "Meeting", "00:15", 260],
    ["Not renewed at expiry", "Other Task", "00:03", 270],
    ["Long expired", "Other Task", "00:03", 280],
];
const MEETING = { task: "Meeting", days: 2 };
const RULES = [
    ["Spontaneous tour", "Signs up", { status: "Member", points: 15 }],
    ["Spontaneous tour", "Does not sign up", { status: "Missed" }],
    ["Guest pass", "Interested", { status: "Planned", points: 1, ...MEETING }],
    ["Guest pass", "Not interested", { status: "Non-member" }],
    ["Meeting", "Signs up", { status: "Member", points: 10 }],
    ["Meeting", "Does not sign up", { status: "Missed" }],
    ["Additions/Check-ups", "Done", { points: 1 }],
    ["Telemarketing", "Interested", { status: "Planned", points: 1, ...MEETING }],
    ["Telemarketing", "Not interested", { status: "Missed" }],
    ["Early renewal", "Signs up", { status: "Member", points: 10 }],
    ["Early renewal", "Does not sign up", {}],
    ["Renewal", "Renews", { status: "Member", points: 5 }],
    ["Renewal", "Does not renew", {}],
    ["Not renewed at expiry", "Done", { status: "Non-member" }],
    ["Long expired", "Done", { status: "Former member" }],
];
const SCRIPTS = {
    "Spontaneous tour":
        "Show the club, ask what they want to reach, and end at the desk with the membership that fits.",
};

const addOutcome = ([name, tone, sequence]) => [
    click(`A new outcome: ${name}`, ".o_rules_new_outcome"),
    edit("Its name", `${field("name")} input`, name),
    click(tone, `${field("tone")} .o_radio_item:contains(${tone}) input`),
    edit("Its place", `${field("sequence")} input`, sequence),
    ...save,
];

const addStatus = (name) => [
    click(`A new status: ${name}`, ".o_rules_new_status"),
    edit("Its name", `${field("name")} input`, name),
    ...save,
];

const addType = ([name, channel, duration, sequence]) => [
    click(`A new type: ${name}`, ".o_rules_new_type"),
    edit("Its name", `${field("name")} input`, name),
    ...select("channel", channel),
    edit("How long it takes", `${field("duration")} input`, duration),
    edit("Its place", `${field("sequence")} input`, sequence),
    ...(SCRIPTS[name]
        ? [
              {
                  content: "What to say",
                  trigger: `${field("script")} .odoo-editor-editable`,
                  run: `editor ${SCRIPTS[name]}`,
              },
          ]
        : []),
    ...save,
    see("It has a row", `.o_rules_type:contains(${name})`),
];

const addTask = ({ task, days }) => [
    ...choose("task_type_id", task),
    edit("In how many days", `${field("task_delay_days")} input`, days),
    ...select("task_mode", "Planned at an hour"),
    ...select("assignee", "Whoever did the last action"),
];

const addRule = ([type, outcome, { status, points, task, days }]) => [
    click(`${type} ends with ${outcome}`, square(type, outcome)),
    see("It is about this", `.modal .modal-title:contains(${type} → ${outcome})`),
    ...(status ? choose("commercial_status_id", status) : []),
    ...(points ? [edit("Its points", `${field("points")} input`, points)] : []),
    ...(task ? addTask({ task, days }) : []),
    ...save,
    see("It stands in its cell", `${square(type, outcome)}.o_rules_own`),
];

registry.category("web_tour.tours").add("crm_playbook_administrator_rebuilds_the_club", {
    steps: () => [
        see("No rule is there", ".o_rules_matrix:not(:has(.o_rules_own))"),
        ...OUTCOMES.flatMap(addOutcome),
        ...STATUSES.flatMap(addStatus),
        ...TYPES.flatMap(addType),
        ...RULES.flatMap(addRule),
    ],
});

// --- what goes wrong -----------------------------------------------------------------------

registry.category("web_tour.tours").add("crm_playbook_administrator_looks_at_faults", {
    steps: () => [
        see("There are two rules", `${square("Test call", "Test interested")} .o_rules_more:contains(+1)`),
        click("As a diagram", ".o_rules_as_diagram"),
        see("It was gone along", ".o_rules_arrow[data-traffic='1']:contains(Test interested (1))"),
        see("To the visit", ".o_rules_node[data-node='Test visit']"),
        click("One rule is in vain", ".o_rules_finding[data-kind=deaf]"),
        see("This one", `${field("points")} input:value(3)`),
        click("Back", ".modal .btn-close"),
        click("As a matrix", `${NOBODY_ASKS} .o_rules_as_matrix`),
        click("Both rules", square("Test call", "Test interested")),
        click("The second is not needed", ".o_rule_card:contains(3 points) .o_rule_remove"),
        click("Yes", ".modal footer .btn-primary"),
        see("It is gone", ".o_rule_cell:not(:contains(3 points)) .o_rule_card"),
        click("Once more for another outcome", ".o_rule_card .o_rule_copy"),
        see("Where to?", ".o_rules_copying"),
        click("Here", square("Test call", "Test declined")),
        see("It stands there", `${square("Test call", "Test declined")}.o_rules_own:contains(Test visit)`),
        click("What is there", `.o_rules_details[aria-label="More: Test visit → Test declined"]`),
        click("It is not to end so", ".o_rule_forbid"),
        click("Yes", ".modal footer .btn-primary"),
        see("It cannot", `${square("Test visit", "Test declined")}.o_rules_forbidden`),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_administrator_edits_a_cell_on_a_phone", {
    steps: () => [
        edit("Find the type", ".o_rules_filter input[type=search]", "Test call"),
        click("Its cell", square("Test call", "Test interested")),
        edit("More points", `${field("points")} input`, 8),
        click("Save", ".modal .o_form_button_save"),
        see("They stand there", `${NOBODY_ASKS} ${square("Test call", "Test interested")}:contains(8 points)`),
        click("Close", ".o_rule_cell .btn-close"),
        {
            content: "It may end otherwise",
            trigger: "section[data-type='Test call'] .o_rules_add",
            run: "selectByLabel Test sent",
        },
        edit("Its points", `${field("points")} input`, 2),
        click("Save", ".modal .o_form_button_save"),
        see("It stands there", `${NOBODY_ASKS} ${square("Test call", "Test sent")}:contains(2 points)`),
    ],
});
