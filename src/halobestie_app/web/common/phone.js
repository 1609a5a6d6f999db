// Phone numbers as people here write them, and as the server takes them. Knows no form.

/**
 * @param {string} typed "0812 3456-7890", "62812...", "812...", "+44 ...", "0044..."
 * @returns {string|null} "+62812..."; null when it cannot be one
 */
export function phoneNumber(typed) {
  const text = typed.replace(/[\s().-]/g, "");
  let number = text;
  if (/^00/.test(text)) number = `+${text.slice(2)}`;
  else if (/^0/.test(text)) number = `+62${text.slice(1)}`;
  else if (/^62/.test(text)) number = `+${text}`;
  else if (/^8/.test(text)) number = `+62${text}`;
  return /^\+[1-9]\d{7,14}$/.test(number) ? number : null;
}
