// The one time zone of the control center: the house's, wherever an operator sits.
import { dayAndTime } from "common/texts.js";

export const ZONE = "Asia/Jakarta";

/** Say an instant as people in Jakarta read it; with `seconds` exactly. */
export function when(instant, { seconds = false } = {}) {
  return dayAndTime(instant, { zone: ZONE, seconds });
}
