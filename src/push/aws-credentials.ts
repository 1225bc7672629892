// Keys for object storage, from where Amazon's tools take them: the environment, or else a profile in ~/.aws.
import { join } from "node:path";
import type { EnvironmentVariables } from "../core/environment.ts";
import { KsoError } from "../core/errors.ts";
import { readText } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";
import type { S3Options } from "./s3-client.ts";

/** Where keys are looked for. */
export interface AwsEnvironment {
  readonly env: EnvironmentVariables;
  /** The user's home directory. */
  readonly home: string;
  /** The address of object storage, where a flag names it. */
  readonly endpoint: string | undefined;
}

/**
 * Reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION or AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3 or
 * AWS_ENDPOINT_URL; without keys AWS_PROFILE in AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE.
 * @throws KsoError `usage` when there are no keys.
 */
export function readAwsOptions({ env, home, endpoint }: AwsEnvironment): Omit<S3Options, "bucket" | "prefix"> {
  const profile = env["AWS_PROFILE"] || "default";
  const fileOf = (by: string, path: string): NamedFile => ({ by, path: env[by] || join(home, path) });
  const keys = readSection(fileOf("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), profile);
  const config = readSection(
    fileOf("AWS_CONFIG_FILE", ".aws/config"),
    profile === "default" ? profile : `profile ${profile}`,
  );
  const find = (variable: string, key: string): string | undefined =>
    env["AWS_ACCESS_KEY_ID"] ? env[variable] || undefined : (keys.get(key) ?? config.get(key));
  const [id, secret] = [
    find("AWS_ACCESS_KEY_ID", "aws_access_key_id"),
    find("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
  ];
  if (!id || !secret)
    throw new KsoError(
      "usage",
      "There are no keys for s3://: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    );
  const address = endpoint ?? env["AWS_ENDPOINT_URL_S3"] ?? env["AWS_ENDPOINT_URL"] ?? config.get("endpoint_url");
  if (address !== undefined && !/^https?:\/\/[^\s?#@]+$/.test(address))
    throw new KsoError(
      "usage",
      `"${address}" is not the address of object storage; write --s3-endpoint https://HOST[:PORT]`,
    );
  return {
    endpoint: address,
    region: env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || config.get("region") || "us-east-1",
    accessKeyId: id,
    secretAccessKey: secret,
    sessionToken: find("AWS_SESSION_TOKEN", "aws_session_token"),
  };
}

/** A file, and the variable that can name another one. */
interface NamedFile {
  readonly path: string;
  readonly by: string;
}

/** One section of an INI file; empty where there is none. @throws KsoError `usage` for what is no small file. */
function readSection({ path, by }: NamedFile, name: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let inside = false;
  for (const line of statsAt(path) ? readText(path, by).split("\n") : []) {
    const [, heading] = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line) ?? [];
    if (heading !== undefined) inside = heading === name;
    const [, key, value] = /^\s*([a-z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (inside && key !== undefined && value !== undefined) values.set(key, value);
  }
  return values;
}
