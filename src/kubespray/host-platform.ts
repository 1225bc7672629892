// The architecture that an inventory says a host has.
import { hostTemplar } from "../ansible/host-variables.ts";
import type { Inventory, InventoryHost } from "../ansible/inventory/inventory.ts";
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, type PythonValue, Undefined, UnknownFact } from "../ansible/jinja/values.ts";
import type { VariableSource } from "../ansible/variables.ts";
import { messageOf } from "../core/errors.ts";
import { type Platform, parsePlatform, platforms } from "../core/platform.ts";
import type { Checkout } from "./checkout.ts";

/** What an inventory says of a host's architecture. */
export type HostPlatform =
  | { readonly kind: "known"; readonly platform: Platform }
  | { readonly kind: "unknown" }
  | { readonly kind: "unsupported"; readonly reason: string };

/** Variables that name a host's architecture, the first that the inventory sets counts. */
const architectureVariables = ["host_architecture", "ansible_architecture", "ansible_machine", "image_arch"];

/** The architecture of a host, as far as the inventory says it. */
export function platformOf(checkout: Checkout, inventory: Inventory, host: InventoryHost): HostPlatform {
  const value = architectureOf(
    [...host.sources, inventory.extraVars ?? new Map()],
    hostTemplar(checkout, { inventory, host, machine: "" }),
  );
  if (value === undefined || value === "" || value instanceof Undefined || value instanceof UnknownFact)
    return { kind: "unknown" };
  const text = attempt(() => str(value)) ?? "";
  try {
    const parsed = parsePlatform(text);
    const platform = platforms.find((candidate) => candidate === parsed);
    return platform ? { kind: "known", platform } : { kind: "unknown" };
  } catch (thrown) {
    return { kind: "unsupported", reason: messageOf(thrown) };
  }
}

function architectureOf(sources: readonly VariableSource[], templar: Templar): PythonValue | undefined {
  const isSet = (name: string): boolean => sources.some((source) => source.has(name));
  const variable = architectureVariables.find(isSet);
  if (variable !== undefined) return attempt(() => templar.resolve(variable));
  const facts = isSet("ansible_facts") ? attempt(() => templar.resolve("ansible_facts")) : undefined;
  return facts instanceof Dict ? facts.get("architecture") : undefined;
}
