// A finished request travels in, one line travels out. Whatever a client sends stays inside its own field: quotes, control
// characters and everything that a terminal would obey are written as escapes.
import type { RequestRecord } from "./request-record.ts";

export type LogFormat = "plain" | "json";

/** Longest text of a client's that a line carries, in characters; the rest is cut off. */
const longest = 2048;

/**
 * `json`: an object with time, listener, client, user, method, target, status, bytes, seconds and agent. `plain`: the combined
 * log format that web servers share (https://httpd.apache.org/docs/2.4/logs.html#combined), with the seconds and the listener
 * behind it. Without the line's end.
 */
export function formatRecord(format: LogFormat, one: RequestRecord): string {
  const seconds = (one.took / 1000).toFixed(3);
  const target = one.target.slice(0, longest);
  const agent = one.agent.slice(0, longest);
  if (format === "json")
    return escaped(
      JSON.stringify({
        time: new Date(one.at).toISOString(),
        listener: one.listener,
        client: one.client,
        ...(one.user !== undefined && { user: one.user.slice(0, longest) }),
        method: one.method,
        target,
        status: one.status,
        bytes: one.bytes,
        seconds: Number(seconds),
        agent,
      }),
    );
  const user =
    one.user === undefined || one.user === "" ? "-" : text(one.user.slice(0, 255)).replaceAll(" ", "\\u0020");
  const request = `${text(one.method)} ${text(target)} HTTP/1.1`;
  return `${one.client} - ${user} [${stamp(one.at)}] "${request}" ${one.status} ${one.bytes} "-" "${agent === "" ? "-" : text(agent)}" ${seconds} ${one.listener}`;
}

/** JSON's own escapes, without the quotes around them. */
function text(from: string): string {
  return escaped(JSON.stringify(from).slice(1, -1));
}

/** What JSON lets through and a terminal would obey, or show where it does not stand: C1 controls, line separators, directions. */
function escaped(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
let last = { second: Number.NaN, stamp: "" };

/** `25/Nov/2026:02:13:14 +0000`. */
function stamp(at: number): string {
  const second = Math.floor(at / 1000);
  if (second !== last.second) {
    const [, year, month, day, time] = /^(\d+)-(\d\d)-(\d\d)T([\d:]+)/.exec(new Date(at).toISOString()) ?? [];
    last = { second, stamp: `${day}/${months[Number(month) - 1]}/${year}:${time} +0000` };
  }
  return last.stamp;
}
