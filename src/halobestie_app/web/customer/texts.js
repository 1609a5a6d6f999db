// What the customer app says, as one catalogue; the entries are kept by subject in texts/.

import { catalogue } from "common/texts.js";
import { ARRIVING } from "./texts/arriving.js";
import { MONEY } from "./texts/money.js";
import { PAIRING } from "./texts/pairing.js";
import { TALKING } from "./texts/talking.js";

export const t = catalogue({ ...ARRIVING, ...MONEY, ...PAIRING, ...TALKING });
