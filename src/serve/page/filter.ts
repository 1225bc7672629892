// What a visitor looks for among the items: words, and what an item must be.
import type { ItemRow } from "./model.ts";

/** What the form in the header says. */
export interface Filter {
  readonly query: string;
  /** Undefined: any. */
  readonly architecture: string | undefined;
  readonly component: string | undefined;
  readonly kind: string | undefined;
  /** Only what is not here. */
  readonly absent: boolean;
}

/** Reads the filter from the parameters of a page's address. */
export function filterOf(parameters: URLSearchParams): Filter {
  const text = (name: string): string => (parameters.get(name) ?? "").slice(0, 200);
  const choice = (name: string): string | undefined => text(name) || undefined;
  return {
    query: text("q"),
    architecture: choice("arch"),
    component: choice("component"),
    kind: choice("kind"),
    absent: parameters.has("absent"),
  };
}

/** Whether the filter leaves anything out. */
export function isActive({ query, architecture, component, kind, absent }: Filter): boolean {
  return query.trim() !== "" || absent || [architecture, component, kind].some((choice) => choice !== undefined);
}

/** The rows that have every word of the query and are what the filter wants. */
export function filterRows(rows: readonly ItemRow[], filter: Filter): readonly ItemRow[] {
  const words = filter.query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      words.every((word) => row.text.includes(word)) &&
      (filter.architecture === undefined || row.architectures.includes(filter.architecture)) &&
      (filter.component === undefined || row.component === filter.component) &&
      (filter.kind === undefined || row.kind === filter.kind) &&
      (!filter.absent || row.absence !== undefined),
  );
}
