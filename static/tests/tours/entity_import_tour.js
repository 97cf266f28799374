import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });

const LIST = [
    "Name,Email,Phone",
    "Tour Grace,GRACE@tour.example,612345678",
    "Tour Ada,ada@tour.example,",
].join("\n");

registry.category("web_tour.tours").add("crm_playbook_entity_import", {
    steps: () => [
        {
            content: "Choose a list",
            trigger: ".o_import_action",
            run: async () => {
                await inputFiles(".o_control_panel .o_input_file", [
                    new File([LIST], "list.csv", { type: "text/csv" }),
                ]);
            },
        },
        see("The columns are known", ".o_import_data_content tr:contains(Email)"),
        see("There is a template to start from", "a:contains(Import Template for Entities)"),
        click("Test it", ".o_control_panel button:contains(Test)"),
        see("Who is there already is told", ".o_import_report:contains(Tour Ada (same e-mail)"),
        {
            content: "They shall be updated",
            trigger: "#o_entities_there",
            run: "select update",
        },
        click("Test it again", ".o_control_panel button:contains(Test)"),
        see("Nothing is wrong", ".o_import_data_content:contains(Everything seems valid)"),
        click("Import it", ".o_control_panel button:contains(Import)"),
        see("The new one is there", ".o_data_row:contains(Tour Grace), .o_kanban_record:contains(Tour Grace)"),
    ],
});
