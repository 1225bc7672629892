/** A name from elsewhere, for a message: in quotes, without control characters, cut after 200 characters. */
export function quotedName(name: string): string {
  const safe = name.replace(/[\u007f-\u009f]/g, "?");
  return JSON.stringify(safe.length > 200 ? `${safe.slice(0, 200)}…` : safe);
}
