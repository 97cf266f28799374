import { formatCurrency } from "@web/core/currency";
import { formatFloat, formatInteger, formatPercentage } from "@web/views/fields/formatters";

/** Amounts without cents: a forecast is not that exact; long ones shortened. */
export function money(value, currencyId) {
    if (Math.abs(value) >= 1e6) {
        return formatCurrency(value, currencyId, { humanReadable: true });
    }
    return formatCurrency(Math.round(value), currencyId, { digits: [16, 0] });
}

export const integer = (value) => formatInteger(value);
export const percentage = (value) => formatPercentage(value, { digits: [16, 0] });
export const times = (value) => `${formatFloat(value, { digits: [16, 1] })} ×`;
