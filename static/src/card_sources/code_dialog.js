import { BarcodeDialog } from "@web/core/barcode/barcode_dialog";
import { BarcodeVideoScanner } from "@web/core/barcode/barcode_video_scanner";
import { CropOverlay } from "@web/core/barcode/crop_overlay";
import { browser } from "@web/core/browser/browser";

// How much of the picture's shorter side is looked at, until somebody draws it otherwise.
const SHARE = 0.9;

/** QR codes are square: they do not fit into the strip that Odoo draws for bars. */
class SquareOverlay extends CropOverlay {
    setup() {
        super.setup();
        this.localStorageKey = "crm_playbook-code-scanner-overlay";
    }

    computeDefaultPoint() {
        super.computeDefaultPoint();
        if (!browser.localStorage.getItem(this.localStorageKey)) {
            const { width, height } = this.cropContainerRef.el.firstChild.getBoundingClientRect();
            const half = (Math.min(width, height) * SHARE) / 2;
            this.relativePosition = { x: width / 2 + half, y: height / 2 + half };
        }
    }
}

class CodeScanner extends BarcodeVideoScanner {
    static components = { CropOverlay: SquareOverlay };
}

class CodeDialog extends BarcodeDialog {
    static components = { ...BarcodeDialog.components, BarcodeVideoScanner: CodeScanner };

    /** The text is handed over before the dialog closes, which means that there is none. */
    onResult(text) {
        this.props.onResult(text);
        this.props.close();
    }
}

/**
 * Look for a QR code with the camera at the back of the phone.
 *
 * @returns {Promise<string|undefined>} its text; undefined where the dialog was closed
 */
export function scanCode(env) {
    return new Promise((resolve, reject) => {
        env.services.dialog.add(
            CodeDialog,
            { facingMode: "environment", onResult: resolve, onError: reject },
            { onClose: () => resolve() }
        );
    });
}
