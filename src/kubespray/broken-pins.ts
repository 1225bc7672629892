// Versions and tags that an inventory sets and that have no value of use: what plugins would make of them is unresolved, and not absent.
import type { Templar } from "../ansible/jinja/templar.ts";
import { Undefined, unwrap } from "../ansible/jinja/values.ts";
import type { Contributed } from "../catalog/contributions.ts";
import { messageOf } from "../core/errors.ts";
import { platformName } from "../core/platform.ts";
import type { Release } from "../core/plugin.ts";
import { pinnedImage } from "../core/reference.ts";
import { allRolesTemplar, anyHost } from "./any-host.ts";
import type { Checkout } from "./checkout.ts";
import type { BrokenField } from "./items.ts";
import { pinsOf } from "./pins.ts";
import type { RequiredDownloads } from "./required-downloads.ts";
import { rolePins } from "./role-pins.ts";
import type { UnresolvedItem } from "./unresolved.ts";

/** The pins of a checkout for a cluster; a broken one has the checkout's own value, so that it is known what would rest on it. */
export interface ClusterPins {
  readonly pins: Release["pins"];
  /** Pin → what is wrong with the value that the cluster gives it. */
  readonly broken: ReadonlyMap<string, BrokenField>;
}

/** The pins as a cluster has them. `templar` sees all roles. */
export function clusterPins(checkout: Checkout, templar: Templar): ClusterPins {
  const pins = pinsOf(checkout, templar);
  const own = pinsOf(checkout, allRolesTemplar(checkout, { ...anyHost(), machine: "x86_64" }));
  const names = Object.keys(own).filter((name) => !isUsable(pins[name]));
  const broken = new Map(names.map((name) => [name, faultOf(name, templar)]));
  return { pins: { ...pins, ...Object.fromEntries(names.map((name) => [name, own[name] ?? ""])) }, broken };
}

/** Whether an image could have it as its tag, which is the narrowest that any plugin writes. */
function isUsable(value: string | undefined): boolean {
  return value !== undefined && pinnedImage(`registry.example/name:${value}`) !== undefined;
}

function faultOf(pin: string, templar: Templar): BrokenField {
  const [field = pin] = (rolePins.find((rolePin) => rolePin.pin === pin)?.variable ?? pin).split(".");
  const raw = templar.rawOf(field);
  const fault = (reason: string): BrokenField => ({ field, expression: typeof raw === "string" ? raw : "", reason });
  try {
    const value = unwrap(templar.resolve(field));
    return fault(value instanceof Undefined ? value.message : "it is no version and no tag");
  } catch (thrown) {
    return fault(messageOf(thrown));
  }
}

/** What plugins contribute, with what rests on a broken pin apart. */
export function withoutBroken(
  contributed: readonly Contributed[],
  broken: ClusterPins["broken"],
  required: RequiredDownloads | undefined,
): { readonly contributed: readonly Contributed[]; readonly unresolved: readonly UnresolvedItem[] } {
  const faultIn = ({ pin, writer }: Contributed): BrokenField | undefined =>
    pin === undefined || writer !== undefined ? undefined : broken.get(pin);
  return {
    contributed: contributed.filter((item) => !faultIn(item)),
    unresolved: contributed.flatMap((item): UnresolvedItem[] => {
      const fault = faultIn(item);
      const { kind, name, component, platform, needed = false } = item;
      const hosts = needed ? (required?.hosts.get(platform) ?? []) : [];
      return fault ? [{ kind, name, component, platforms: [platformName(platform)], ...fault, hosts, needed }] : [];
    }),
  };
}
