// Names in a message.

/** Names that a message lists before it only counts. */
const maxNames = 5;

/** The names with commas; of many the first `limit`, and how many more there are. */
export function nameList(names: readonly string[], limit: number = maxNames): string {
  if (names.length <= limit) return names.join(", ");
  return `${names.slice(0, limit).join(", ")} and ${names.length - limit} more`;
}
