// Versions and tags that an inventory sets and that have no value of use: what plugins would make of them is unresolved, and not absent.
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Undefined, unwrap } from "../ansible/jinja/values.ts";
import type { Contributed } from "../catalog/contributions.ts";
import { messageOf } from "../core/errors.ts";
import { platformName } from "../core/platform.ts";
import type { Release } from "../core/plugin.ts";
import { pinnedImage } from "../core/reference.ts";
import { allRolesTemplar, anyHost } from "./any-host.ts";
import type { Checkout } from "./checkout.ts";
import type { BrokenField } from "./items.ts";
import { repositoryVariable } from "./own-repositories.ts";
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
  const own = pinsOf(checkout, ownTemplar(checkout));
  const names = Object.keys(own).filter((name) => !isUsable(pins[name]));
  const broken = new Map(
    Object.keys(own).flatMap((name) => {
      const repository = repositoryVariable(name);
      const isLost =
        repository !== undefined && templar.rawOf(repository) !== undefined && !hasText(repository, templar);
      return names.includes(name) || isLost
        ? [[name, faultOf(isLost ? repository : variableOf(name), templar)] as const]
        : [];
    }),
  );
  return { pins: { ...pins, ...Object.fromEntries(names.map((name) => [name, own[name] ?? ""])) }, broken };
}

/** The variables of a checkout alone, of all its roles. */
export function ownTemplar(checkout: Checkout): Templar {
  return allRolesTemplar(checkout, { ...anyHost(), machine: "x86_64" });
}

function hasText(name: string, templar: Templar): boolean {
  return Boolean(attempt(() => str(templar.resolve(name))));
}

/** The variable that a pin is the value of. */
function variableOf(pin: string): string {
  const [name = pin] = (rolePins.find((rolePin) => rolePin.pin === pin)?.variable ?? pin).split(".");
  return name;
}

/** Whether an image could have it as its tag, which is the narrowest that any plugin writes. */
function isUsable(value: string | undefined): boolean {
  return value !== undefined && pinnedImage(`registry.example/name:${value}`) !== undefined;
}

function faultOf(field: string, templar: Templar): BrokenField {
  const raw = templar.rawOf(field);
  const fault = (reason: string): BrokenField => ({ field, expression: typeof raw === "string" ? raw : "", reason });
  try {
    const value = unwrap(templar.resolve(field));
    return fault(value instanceof Undefined ? value.message : "its value is of no use in an image or a URL");
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
