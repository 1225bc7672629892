// What object storage responds with: small XML documents, of which a few elements count.

/** The text of the first such element, at whatever depth. */
export function element(xml: string, name: string): string | undefined {
  return texts(xml, name).next().value;
}

/** The inside of each such element. */
export function elements(xml: string, name: string): string[] {
  return [...texts(xml, name, false)];
}

function* texts(xml: string, name: string, plain = true): Generator<string, undefined> {
  for (const [, inside = ""] of xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, "g")))
    yield plain ? unescaped(inside) : inside;
  return undefined;
}

function unescaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(lt|gt|quot|apos|amp));/gi, (_, decimal, hex, name) => {
    if (name) return signs[name.toLowerCase()] ?? "";
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}

/** Text inside an element. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
