// Documents as Amazon, MinIO (which writes quotes as &#34;) and others send them.
import { expect, test } from "bun:test";
import {
  completeUploadXml,
  parseOpenUploads,
  parsePartList,
  parseS3Error,
  parseUploadId,
} from "../../src/push/s3-xml.ts";

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

test("an error: its code and region; anything else is none", () => {
  const xml = `${head}<Error><Code>PermanentRedirect</Code><Message>a &amp; b</Message><Region>eu-1</Region></Error>`;
  expect(parseS3Error(xml)).toMatchObject({ code: "PermanentRedirect", region: "eu-1" });
  expect(parseS3Error("<Error><Message>x</Message></Error>")?.code).toBeUndefined();
  for (const other of ["", "busy", "<html><body>Forbidden</body></html>", `${head}<Result ${namespace}></Result>`])
    expect(parseS3Error(other)).toBeUndefined();
});

test("the id of an upload", () => {
  const xml = `${head}<InitiateMultipartUploadResult ${namespace}><Bucket>b</Bucket><UploadId>a&lt;b</UploadId></InitiateMultipartUploadResult>`;
  expect(parseUploadId(xml)).toBe("a<b");
  expect(parseUploadId(`${head}<InitiateMultipartUploadResult/>`)).toBeUndefined();
});

test("open uploads: none, one and several", () => {
  const upload = (key: string, id: string): string => `<Upload>\n<Key>${key}</Key><UploadId>${id}</UploadId></Upload>`;
  const list = (...uploads: string[]): string =>
    `${head}<ListMultipartUploadsResult ${namespace}>${uploads.join("\n")}</ListMultipartUploadsResult>`;
  expect(parseOpenUploads("")).toEqual([]);
  expect(parseOpenUploads(list())).toEqual([]);
  expect(parseOpenUploads(list(upload("k8s/a&amp;b", "1")))).toEqual([{ key: "k8s/a&b", id: "1" }]);
  expect(parseOpenUploads(list(upload("a", "1"), upload("a", "2"))).map(({ id }) => id)).toEqual(["1", "2"]);
});

test("parts: quotes in each of their spellings, and where the next page begins", () => {
  const part = (number: number, tag: string): string =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${tag}</ETag><Size>5</Size></Part>`;
  const page = (truncated: boolean): string =>
    `${head}<ListPartsResult ${namespace}><NextPartNumberMarker>3</NextPartNumberMarker><IsTruncated>${truncated}</IsTruncated>${part(1, "&quot;a&quot;")}${part(2, "&#34;b&#x22;")}${part(3, '"c"')}</ListPartsResult>`;
  expect(parsePartList(page(true))).toEqual({
    parts: [
      { number: 1, tag: '"a"', size: 5 },
      { number: 2, tag: '"b"', size: 5 },
      { number: 3, tag: '"c"', size: 5 },
    ],
    next: "3",
  });
  expect(parsePartList(page(false)).next).toBeUndefined();
  expect(parsePartList("<ListPartsResult><Part></Part></ListPartsResult>").parts).toMatchObject([{ tag: "" }]);
});

test("the parts that are put together keep their tags", () => {
  const xml = completeUploadXml(['"a"', "<&"]);
  expect(xml).toContain("<PartNumber>2</PartNumber><ETag>&lt;&amp;</ETag>");
  expect(parsePartList(xml).parts.map(({ tag }) => tag)).toEqual(['"a"', "<&"]);
});
