// Names in a message.

/** Names that a message lists before it only counts. */
const maxNames = 5;

/** The names with commas; of many the first few, and how many more there are. */
export function nameList(names: readonly string[]): string {
  if (names.length <= maxNames) return names.join(", ");
  return `${names.slice(0, maxNames).join(", ")} and ${names.length - maxNames} more`;
}
