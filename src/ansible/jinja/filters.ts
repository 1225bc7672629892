// Jinja's and Ansible's filters (`x | …`). A filter that no table has is an error. No filter reads a file, runs a program, or
// uses time or randomness.
import type { EvaluationBudget } from "./budget.ts";
import { spendOn, spendOnArguments } from "./cost.ts";
import { invalid, TemplateFailure } from "./failure.ts";
import type { FilterFunction, FilterTable } from "./filters/filter.ts";
import { jsonFilters } from "./filters/json.ts";
import { listFilters } from "./filters/lists.ts";
import { mappingFilters } from "./filters/mappings.ts";
import { networkFilters } from "./filters/networks.ts";
import { scalarFilters } from "./filters/scalars.ts";
import { selectionFilters } from "./filters/selection.ts";
import { textFilters } from "./filters/texts.ts";
import { type CallArguments, KeptText, type PythonValue } from "./values.ts";

const tables: readonly FilterTable[] = [
  scalarFilters,
  jsonFilters,
  textFilters,
  listFilters,
  mappingFilters,
  selectionFilters,
];

/** Filters whose result stays text, though it may look like a list (Ansible's STRING_TYPE_FILTERS). */
const stringTypeFilters: ReadonlySet<string> = new Set([
  "string",
  "to_json",
  "to_nice_json",
  "to_yaml",
  "to_nice_yaml",
]);

/** Applies the filter `name`. @throws TemplateFailure for a filter that is not supported, and where Python would raise. */
export function applyFilter(
  name: string,
  value: PythonValue,
  args: CallArguments,
  budget: EvaluationBudget,
): PythonValue {
  const plainName = name.replace(/^ansible\.(builtin|legacy)\./, "");
  const filter = filterFunction(plainName);
  if (!filter) return invalid(`the filter "${name}" is not supported`);
  budget.spend();
  spendOn(value, budget);
  spendOnArguments(args, budget);
  try {
    const result = filter(value, args, { budget, filter: applyFilter });
    // Only of such a text something else might be made.
    const isKept =
      typeof result === "string" && stringTypeFilters.has(plainName) && /^(?:[[{]|True$|False$)/.test(result);
    return isKept ? new KeptText(result) : result;
  } catch (cause) {
    if (cause instanceof TemplateFailure && cause.kind === "invalid" && !cause.message.startsWith('filter "'))
      throw new TemplateFailure("invalid", `filter "${name}": ${cause.message}`, cause);
    throw cause;
  }
}

function filterFunction(name: string): FilterFunction | undefined {
  const network = name.replace(/^ansible\.(utils|netcommon)\./, "");
  if (Object.hasOwn(networkFilters, network)) return networkFilters[network];
  const table = tables.find((candidate) => Object.hasOwn(candidate, name));
  return table?.[name];
}
