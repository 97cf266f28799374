import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";

const see = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });

const CARDS = [
    "BEGIN:VCARD\nVERSION:3.0\nFN:Tour Ada\nORG:Tour Rossi\nTEL:612345678\nEMAIL:ADA@tour.example\nEND:VCARD",
    "BEGIN:VCARD\nVERSION:3.0\nFN:Tour Nobody\nEND:VCARD",
];

/** Hold a picture of a code before the camera; the scanner itself is the real one. */
async function holdBeforeCamera(url) {
    const code = new Image();
    code.src = url;
    await code.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: 400, height: 400 });
    const draw = () => {
        const context = canvas.getContext("2d");
        context.fillStyle = "white";
        context.fillRect(0, 0, 400, 400);
        context.drawImage(code, 40, 40, 320, 320);
    };
    draw();
    setInterval(draw, 100);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10);
}

registry.category("web_tour.tours").add("crm_playbook_business_card_file", {
    steps: () => [
        click("Read a card from above the list", "button:contains(Read a Business Card)"),
        {
            content: "Choose a file that is no card",
            trigger: ".modal .o_card_sources",
            run: async () => {
                await inputFiles(".o_card_file .o_input_file", [new File(["hello"], "letter.vcf")]);
            },
        },
        see("It says what is wrong", ".modal:contains(letter.vcf is neither a picture nor a vCard file)"),
        click("Close the error", ".modal:contains(letter.vcf) footer .btn-primary"),
        {
            content: "Choose an address book",
            trigger: ".modal .o_card_sources",
            run: async () => {
                await inputFiles(".o_card_file .o_input_file", [new File([CARDS.join("\n")], "cards.vcf")]);
            },
        },
        see("The first of two cards", ".modal-title:contains(Business Card 1 of 2)"),
        see("In international form", ".modal .o_field_widget[name=phone] input:value(+34 612 34 56 78)"),
        {
            content: "Correct what was read",
            trigger: ".modal .o_field_widget[name=function] input",
            run: "edit Buyer",
        },
        click("Keep it", ".modal footer button[name=action_save]:contains(Save as New)"),
        see("The second card", ".modal-title:contains(Business Card 2 of 2)"),
        click("Leave it out", ".modal .btn-close, .modal footer button:contains(Discard)"),
        see("The dialog is closed", "body:not(:has(.modal))"),
    ],
});

registry.category("web_tour.tours").add("crm_playbook_business_card_code", {
    steps: () => [
        {
            content: "Hold a card before the camera",
            trigger: ".o_card_sources",
            run: () => holdBeforeCamera("/crm_playbook/tests/code.png"),
        },
        click("Scan it", ".o_card_scan"),
        see("Who it is", ".modal .o_field_widget[name=name] input:value(Tour Zoe)"),
        see("Somebody of that address is there", ".modal .o_choice_buttons button.active:contains(Tour Z.)"),
        click("Complete them", ".modal footer button[name=action_save]:contains(Complete)"),
        see("The entity is shown", ".o_form_view .o_field_widget[name=name]"),
        see("An action is recorded by a tap", ".o_record_systray button"),
    ],
});
