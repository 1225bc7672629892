// The checksum tables of a checkout (`*_checksums`), row by row.

import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import { type Checkout, variableNames } from "../kubespray/checkout.ts";
import type { Checksum, ChecksumTable } from "./merge.ts";

/** Every table that can be evaluated, sorted by name. */
export function readChecksumTables(checkout: Checkout, templar: Templar): ChecksumTable[] {
  return [...variableNames(checkout)]
    .filter((name) => name.endsWith("_checksums"))
    .sort()
    .flatMap((name) => {
      const table = attempt(() => unwrap(templar.resolve(name)));
      return table instanceof Dict ? [{ name, rows: tableRows(table) }] : [];
    });
}

/** The rows of a table: by architecture, without an architecture (then for all of them), or by system and architecture. */
function tableRows(table: Dict): Checksum[] {
  if (table.entries().some(([, value]) => !(value instanceof Dict))) return rowsFor("no_arch", table);
  return table.entries().flatMap(([key, value]) => {
    const inner = value as Dict;
    const isSystem = inner.entries().some(([, versions]) => versions instanceof Dict);
    if (!isSystem) return rowsFor(str(key), inner);
    return inner
      .entries()
      .flatMap(([arch, versions]) => (versions instanceof Dict ? rowsFor(`${str(key)}/${str(arch)}`, versions) : []));
  });
}

function rowsFor(architecture: string, versions: Dict): Checksum[] {
  return versions.entries().map(([version, sum]) => ({
    architecture,
    version: str(version),
    value: str(unwrap(sum as PythonValue)),
  }));
}
