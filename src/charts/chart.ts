// What a packaged chart says about itself: the fields of its Chart.yaml. An archive may be anybody's, so what is read of it is limited.
import { parse } from "yaml";
import { decompress, formatOf, sniffSize } from "../machine-code/format.ts";
import { type OpenStream, Reader } from "../machine-code/reader.ts";
import { tarMembers } from "../machine-code/tar.ts";

/** The fields of Chart.yaml that an index repeats. */
export interface ChartMetadata {
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly appVersion?: string;
  readonly description?: string;
  readonly kubeVersion?: string;
  readonly type?: string;
}

/** Unpacked bytes that may still be read, of all archives together. */
export interface ReadBudget {
  bytes: number;
}

/** Helm writes Chart.yaml first; other programs in any place. Bytes, unpacked, and members. */
const limits = { archive: 16 << 20, members: 2000, member: 5 << 20, metadata: 128 << 10, text: 1000 } as const;

/** Reads Chart.yaml out of a packaged chart; undefined for what is no chart, is broken, or goes on for too long. */
export async function readChart(open: OpenStream, budget: ReadBudget): Promise<ChartMetadata | undefined> {
  const raw = new Reader(open());
  let content: Reader | undefined;
  try {
    if (formatOf(await raw.peek(sniffSize)) !== "gzip") return undefined;
    content = new Reader(metered(decompress("gzip", raw), budget));
    return await metadataIn(content);
  } catch {
    // Whoever verifies the bundle says what is wrong with its bytes.
    return undefined;
  } finally {
    await content?.close();
    await raw.close();
  }
}

async function metadataIn(content: Reader): Promise<ChartMetadata | undefined> {
  let folder: string | undefined;
  let members = 0;
  for await (const { name, type, size, body } of tarMembers(content)) {
    const [first = "", second, third] = name.replace(/^\.\//, "").split("/");
    folder ??= first;
    // A chart has one folder, and no file that Helm would refuse to unpack.
    if (first !== folder || second === undefined || size > limits.member || ++members > limits.members)
      return undefined;
    if (type !== "file" || second !== "Chart.yaml" || third !== undefined) continue;
    return size > limits.metadata ? undefined : parseMetadata(new TextDecoder().decode(await body.read(size)));
  }
  return undefined;
}

function parseMetadata(text: string): ChartMetadata | undefined {
  const value: unknown = parse(text, { logLevel: "error" });
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const { name, version, apiVersion } = fields;
  if (!isChartName(name) || !isChartVersion(version)) return undefined;
  return {
    name,
    version,
    apiVersion: apiVersion === "v2" ? apiVersion : "v1",
    ...textField("appVersion", fields["appVersion"]),
    ...textField("description", fields["description"]),
    ...textField("kubeVersion", fields["kubeVersion"]),
    ...textField("type", fields["type"]),
  };
}

function textField(key: string, value: unknown): Record<string, string> {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" && text.length <= limits.text ? { [key]: text } : {};
}

function isChartName(value: unknown): value is string {
  return typeof value === "string" && /^[a-zA-Z0-9._-]{1,250}$/.test(value);
}

/** A semantic version, as Helm asks for. */
export function isChartVersion(value: unknown): value is string {
  return typeof value === "string" && /^v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.test(value);
}

/** Passes bytes on. @throws Error when more are read than may be. */
async function* metered(source: AsyncIterable<Uint8Array>, budget: ReadBudget): AsyncGenerator<Uint8Array> {
  let left: number = limits.archive;
  for await (const chunk of source) {
    left -= chunk.length;
    budget.bytes -= chunk.length;
    if (left < 0 || budget.bytes < 0) throw new Error("it goes on for too long");
    yield chunk;
  }
}
