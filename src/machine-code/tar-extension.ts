// Reads what is written in front of a tar member's header where the header has no room for it: PAX records and GNU's long names.
import { textField, wholeSize } from "./tar-header.ts";

/** What an extension says about the member that follows. */
export interface TarExtension {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: number;
}

const decoder = new TextDecoder();

/** True for the type flag of an extension: PAX ("x", "g" for all members) or GNU ("L", "K"). */
export function isExtension(flag: string): boolean {
  return flag === "x" || flag === "L" || flag === "K" || flag === "g";
}

/** Parses the content of an extension; one for all members ("g") is left out. @throws Error when it is malformed. */
export function extensionOf(flag: string, content: Uint8Array): TarExtension {
  if (flag === "x") return paxExtension(content);
  if (flag === "L") return { path: textField(content) };
  return flag === "K" ? { linkpath: textField(content) } : {};
}

function paxExtension(content: Uint8Array): TarExtension {
  let extension: TarExtension = {};
  for (const { keyword, value } of paxRecords(content)) {
    if (keyword === "path" || keyword === "linkpath") extension = { ...extension, [keyword]: decoder.decode(value) };
    if (keyword === "size") extension = { ...extension, size: wholeSize(Number(decoder.decode(value))) };
  }
  return extension;
}

/** Lines of "LENGTH KEYWORD=VALUE\n", the length counting itself. Keywords are cut after 64 bytes. */
function* paxRecords(content: Uint8Array): Generator<{ keyword: string; value: Uint8Array }> {
  for (let at = 0; at < content.length && content[at] !== 0; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(decoder.decode(content.subarray(at, Math.max(at, Math.min(space, at + 10)))));
    const end = at + length;
    if (!(Number.isSafeInteger(length) && end > space && end <= content.length && content[end - 1] === 0x0a))
      throw new Error("a PAX header is malformed");
    const equals = content.indexOf(0x3d, space);
    const keyword = decoder.decode(content.subarray(space + 1, Math.min(Math.max(equals, space + 1), space + 65)));
    yield { keyword, value: content.subarray(equals + 1, end - 1) };
    at = end;
  }
}
