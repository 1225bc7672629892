// The address of a listener, as a person writes it.
import { isIP } from "node:net";
import { KsoError } from "../core/errors.ts";
import type { ListenAddress } from "./listeners.ts";

/**
 * Parses `:8080`, `8080`, `10.0.0.5:8080`, `[::1]:8080`, and `off`; `flag` is what has it.
 * @throws KsoError `usage` for what is no address.
 */
export function parseListenAddress(text: string, flag: string): ListenAddress | "off" {
  if (text === "off") return text;
  const [, host = "", port = ""] = /^(?:(\[[0-9A-Fa-f:.]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text) ?? [];
  const bare = host.replace(/^\[|\]$/g, "");
  // What has no letter is meant as an IPv4 address: 256.1.1.1 is no name.
  const isHost = bare === host ? isIP(bare) === 4 || /^(?=.*[a-z])[\w.-]+$/i.test(bare) : isIP(bare) === 6;
  if (port === "" || Number(port) > 65_535 || (host !== "" && !isHost))
    throw new KsoError("usage", `--${flag} wants an address like :8080, 10.0.0.5:8080 or [::1]:8080, not "${text}"`);
  return { port: Number(port), ...(host !== "" && { host: bare }) };
}
