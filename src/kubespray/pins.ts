// Which variable of the checkout says what version an item has, and what its versions are for plugins.
import type { Release } from "../core/plugin.ts";
import { bare } from "../core/version.ts";
import type { Templar } from "../jinja/templar.ts";
import { str } from "../jinja/text.ts";
import { isNumber, plain, type Value } from "../jinja/values.ts";
import { attempt } from "./attempt.ts";
import type { Checkout } from "./checkout.ts";

/** A version, and the variable that it came from. */
export interface Pin {
  readonly name: string;
  readonly version: string;
}

const isPin = (name: string): boolean => /_(?:version|tag)$/.test(name);

/**
 * Every version and tag that the checkout's roles set; versions without their leading v, tags as they are.
 * `host` sees all roles. Where a role has its own idea of a version, as Argo CD's has, it is named after the role.
 */
export function pinsOf(checkout: Checkout, host: Templar): Release["pins"] {
  const others = [...checkout.elsewhere().values()].flat();
  const layers = [...checkout.defaults, ...checkout.vars, ...others];
  const names = new Set(layers.flatMap((layer) => [...layer.keys()].filter(isPin)));
  const pins: Record<string, string> = {};
  for (const name of [...names].sort()) {
    const value = attempt(() => plain(host.name(name) as Value));
    if (typeof value !== "string" && (value === undefined || !isNumber(value))) continue;
    const text = attempt(() => str(value as Value));
    if (text) pins[name] = name.endsWith("_version") ? bare(text) : text;
  }
  const argocd = checkout.elsewhere().get("kubernetes-apps/argocd")?.at(-1)?.get("argocd_version");
  const own = argocd && attempt(() => str(host.template(argocd.value)));
  if (own) pins["argocd_role_version"] = bare(own);
  return pins;
}

/** The first variable that ends in `_version` (or is an image's tag) among those an expression rests on. */
export function pinOf(expression: Value | undefined, host: Templar): Pin | undefined {
  const queue: Value[] = [expression ?? ""];
  const seen = new Set<string>();
  // Breadth first: the nearest variable is the item's own.
  for (let next = queue.shift(); next !== undefined && seen.size < 100; next = queue.shift()) {
    if (typeof next !== "string") continue;
    for (const [, inside = ""] of next.matchAll(/\{\{([\s\S]*?)\}\}/g)) {
      for (const [name] of inside.replace(/'[^']*'|"[^"]*"/g, "").matchAll(/[A-Za-z_]\w*/g)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const raw = host.rawOf(name);
        if (raw === undefined) continue;
        if (isPin(name)) {
          const text = attempt(() => str(host.name(name)));
          if (text) return { name, version: name.endsWith("_version") ? bare(text) : text };
        }
        queue.push(raw);
      }
    }
  }
  return undefined;
}
