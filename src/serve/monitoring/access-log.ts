// Lines of the access log. What a client sends cannot leave its own field: quotes, control characters and everything that a
// terminal would obey are escaped.
import { printable } from "../../core/quote.ts";
import type { RequestRecord } from "./request-record.ts";

/** How lines are written: the combined log format, or JSON. */
export type LogFormat = "plain" | "json";

/** Longer texts of a client are cut off. Characters. */
const maxTextLength = 2048;
const maxUserLength = 255;

/**
 * Writes a request as a line, without the line's end. `json`: an object with time, listener, client, user, method, target, status,
 * bytes, seconds and agent. `plain`: the combined log format that web servers share
 * (https://httpd.apache.org/docs/2.4/logs.html#combined), with the seconds and the listener behind it.
 */
export function formatRecord(format: LogFormat, record: RequestRecord): string {
  return format === "json" ? jsonLine(record) : plainLine(record);
}

function jsonLine(record: RequestRecord): string {
  return printable(
    JSON.stringify({
      time: new Date(record.receivedAt).toISOString(),
      listener: record.listener,
      client: record.client,
      ...(record.user !== undefined && { user: record.user.slice(0, maxTextLength) }),
      method: record.method,
      target: record.target.slice(0, maxTextLength),
      status: record.status,
      bytes: record.bytes,
      seconds: Number(secondsOf(record)),
      agent: record.agent.slice(0, maxTextLength),
    }),
  );
}

function plainLine(record: RequestRecord): string {
  const { client, user, receivedAt, status, bytes, listener } = record;
  const agent = record.agent.slice(0, maxTextLength);
  const target = record.target.slice(0, maxTextLength);
  const userField =
    user === undefined || user === "" ? "-" : quotable(user.slice(0, maxUserLength)).replaceAll(" ", "\\u0020");
  const request = `${quotable(record.method)} ${quotable(target)} HTTP/1.1`;
  return `${client} - ${userField} [${timestamp(receivedAt)}] "${request}" ${status} ${bytes} "-" "${agent === "" ? "-" : quotable(agent)}" ${secondsOf(record)} ${listener}`;
}

function secondsOf({ duration }: RequestRecord): string {
  return (duration / 1000).toFixed(3);
}

/** JSON's own escapes, without the quotes around them. */
function quotable(text: string): string {
  return printable(JSON.stringify(text).slice(1, -1));
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** The timestamp of the latest line: many lines have the same second. */
let cachedTimestamp = { second: Number.NaN, text: "" };

/** `25/Nov/2026:02:13:14 +0000`. */
function timestamp(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== cachedTimestamp.second) {
    const [, year, month, day, time] = /^(\d+)-(\d\d)-(\d\d)T([\d:]+)/.exec(new Date(milliseconds).toISOString()) ?? [];
    cachedTimestamp = { second, text: `${day}/${months[Number(month) - 1]}/${year}:${time} +0000` };
  }
  return cachedTimestamp.text;
}
