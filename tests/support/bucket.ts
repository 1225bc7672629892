// Object storage in memory, for clients under test: a real server on a free loopback port that believes no signature before it has
// made it itself (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), and holds bodies to
// the hash that was signed.
//
//   await using bucket = await startBucket();
//   bucket.fault(/^PUT .*partNumber=2/, { status: 503 }, { cut: 1000 });   // the next two such requests, one fault each
//   bucket.objects.get("k8s/get.helm.sh/x")                                // { bytes, meta }
//   expect(bucket.surprises).toEqual([]);                                  // what no client should send
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { listen } from "./registry.ts";

export interface BucketKeys {
  readonly id: string;
  readonly secret: string;
}

export type BucketFault =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection is cut when so many bytes of the body are here. */
  | { readonly cut: number }
  /** It is done, and the connection cut before the answer. */
  | { readonly mute: true }
  | { readonly act: () => unknown }
  | "fine";

interface Upload {
  readonly key: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

export interface Bucket extends AsyncDisposable {
  readonly url: string;
  readonly objects: Map<string, { readonly bytes: Buffer; readonly meta: Readonly<Record<string, string>> }>;
  readonly uploads: Map<string, Upload>;
  readonly log: readonly string[];
  readonly surprises: readonly string[];
  fault(pattern: RegExp, ...faults: BucketFault[]): void;
  always(pattern: RegExp, fault: BucketFault): void;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
const failure = (status: number, code: string): Answer => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
});
const strict = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
/** As S3 says it, quotes and all. */
const quoted = (tag: string): string => `&quot;${tag}&quot;`;

export async function startBucket(
  name = "site",
  keys: BucketKeys = { id: "AKIATEST", secret: "s3cr3t/key+" },
): Promise<Bucket> {
  const objects: Bucket["objects"] = new Map();
  const uploads = new Map<string, Upload>();
  const faults: { pattern: RegExp; queue: BucketFault[]; always?: BucketFault }[] = [];
  const [log, surprises]: [string[], string[]] = [[], []];
  let next = 0;

  const refused = (request: IncomingMessage, url: URL, body: Buffer): Answer | undefined => {
    const { headers, method = "" } = request;
    const [, id, date, region, signed = "", signature] =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
        headers.authorization ?? "",
      ) ?? [];
    if (id !== keys.id) return failure(403, id === undefined ? "AccessDenied" : "InvalidAccessKeyId");
    const hash = String(headers["x-amz-content-sha256"]);
    const names = signed.split(";");
    const must = ["host", ...Object.keys(headers).filter((header) => header.startsWith("x-amz-"))];
    if (!must.every((header) => names.includes(header))) return failure(403, "AccessDenied");
    const query = [...url.searchParams].map(([key, value]) => `${strict(key)}=${strict(value)}`).sort();
    const canonical = [
      method,
      url.pathname
        .split("/")
        .map((part) => strict(decodeURIComponent(part)))
        .join("/"),
      query.join("&"),
      ...names.map((header) => `${header}:${headers[header]}`),
      "",
      signed,
      hash,
    ].join("\n");
    const scope = `${date}/${region}/s3/aws4_request`;
    const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical)].join("\n");
    const key = [date, region, "s3", "aws4_request"].reduce<Buffer | string>(
      (held, part) => createHmac("sha256", held).update(String(part)).digest(),
      `AWS4${keys.secret}`,
    );
    if (createHmac("sha256", key).update(text).digest("hex") !== signature)
      return failure(403, "SignatureDoesNotMatch");
    if (sha256(body) !== hash) return failure(400, "XAmzContentSHA256Mismatch");
    return undefined;
  };

  const metaOf = ({ headers }: IncomingMessage): Record<string, string> =>
    Object.fromEntries(
      Object.entries(headers).flatMap(([key, value]) => (key.startsWith("x-amz-meta-") ? [[key, String(value)]] : [])),
    );

  const route = (request: IncomingMessage, body: Buffer): Answer => {
    const url = new URL(request.url ?? "/", "http://bucket");
    const no = refused(request, url, body);
    if (no) return no;
    const [, bucket, ...rest] = url.pathname.split("/").map(decodeURIComponent);
    if (bucket !== name) return failure(404, "NoSuchBucket");
    const key = rest.join("/");
    const { searchParams: query } = url;
    const { method } = request;
    const id = query.get("uploadId");
    const upload = id === null ? undefined : uploads.get(id);
    if (key === "" && query.get("list-type") === "2") return { status: 200, body: "<ListBucketResult/>" };
    if (key === "" && query.has("uploads")) {
      const found = [...uploads].filter(([, one]) => one.key.startsWith(query.get("prefix") ?? ""));
      const list = found.map(([own, one]) => `<Upload><Key>${one.key}</Key><UploadId>${own}</UploadId></Upload>`);
      return { status: 200, body: `<ListMultipartUploadsResult>${list.join("")}</ListMultipartUploadsResult>` };
    }
    if (id !== null && !upload) return failure(404, "NoSuchUpload");
    if (method === "POST" && query.has("uploads")) {
      const own = `upload-${++next}&`;
      uploads.set(own, { key, meta: metaOf(request), parts: new Map() });
      return { status: 200, body: `<R><UploadId>${own.replace("&", "&amp;")}</UploadId></R>` };
    }
    if (method === "PUT" && upload) {
      upload.parts.set(Number(query.get("partNumber")), body);
      return { status: 200, headers: { etag: `"${md5(body)}"` } };
    }
    if (method === "GET" && upload) {
      // One part a page.
      const after = [...upload.parts.keys()]
        .sort((a, b) => a - b)
        .filter((number) => number > Number(query.get("part-number-marker") ?? 0));
      const [number] = after;
      const bytes = number === undefined ? undefined : upload.parts.get(number);
      const part =
        bytes &&
        `<Part><PartNumber>${number}</PartNumber><ETag>${quoted(md5(bytes))}</ETag><Size>${bytes.length}</Size></Part>`;
      const more = `<NextPartNumberMarker>${number}</NextPartNumberMarker><IsTruncated>${after.length > 1}</IsTruncated>`;
      return { status: 200, body: `<ListPartsResult>${part ?? ""}${more}</ListPartsResult>` };
    }
    if (method === "POST" && upload) {
      const asked = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag>/g)];
      const parts = asked.map(([, number, tag]) => {
        const bytes = upload.parts.get(Number(number));
        return bytes && tag === quoted(md5(bytes)) ? bytes : undefined;
      });
      if (parts.some((part) => !part)) return { ...failure(200, "InvalidPart") };
      objects.set(key, { bytes: Buffer.concat(parts as Buffer[]), meta: upload.meta });
      uploads.delete(id as string);
      return { status: 200, body: "<CompleteMultipartUploadResult/>" };
    }
    if (method === "PUT") {
      objects.set(key, { bytes: body, meta: metaOf(request) });
      return { status: 200, headers: { etag: `"${md5(body)}"` } };
    }
    const found = objects.get(key);
    if (method === "GET" || method === "HEAD")
      return found ? { status: 200, headers: found.meta, body: found.bytes } : failure(404, "NoSuchKey");
    surprises.push(`${method} ${request.url}`);
    return failure(501, "NotImplemented");
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const line = `${request.method} ${request.url}`;
    const rule = faults.find(({ pattern, queue, always }) => pattern.test(line) && (queue.length > 0 || always));
    const fault = rule?.queue.shift() ?? rule?.always ?? "fine";
    const special: Partial<Answer & { cut: number; mute: true; act: () => unknown }> = fault === "fine" ? {} : fault;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      chunks.push(chunk);
      size += (chunk as Buffer).length;
      if (size >= (special.cut ?? Number.POSITIVE_INFINITY)) break;
    }
    if (special.cut !== undefined) {
      log.push(`${line} cut`);
      response.destroy();
      return;
    }
    await special.act?.();
    const { status } = special;
    const answer = status === undefined ? route(request, Buffer.concat(chunks)) : { ...special, status };
    log.push(`${line} ${answer.status}`);
    if (special.mute) {
      response.destroy();
      return;
    }
    const bytes = Buffer.from(answer.body ?? "");
    response.writeHead(answer.status, { ...answer.headers, "content-length": bytes.length });
    response.end(request.method === "HEAD" ? undefined : bytes);
  };

  const server = await listen(handle);
  return {
    url: server.url,
    objects,
    uploads,
    log,
    surprises,
    fault: (pattern, ...queue) => void faults.push({ pattern, queue }),
    always: (pattern, fault) => void faults.push({ pattern, queue: [], always: fault }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
