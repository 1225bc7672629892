// Encrypts as `ansible-vault encrypt` does.
import { createCipheriv, createHmac, pbkdf2Sync } from "node:crypto";

/** With what a text is encrypted. */
export interface Encryption {
  readonly password: string;
  readonly label?: string | undefined;
  readonly salt: string;
}

const hex = (bytes: Buffer): string => bytes.toString("hex");

/** An encrypted text, in lines of 80 digits. */
export function encrypt(text: string, { password, label, salt }: Encryption): string {
  const saltBytes = Buffer.alloc(32, salt);
  const derived = pbkdf2Sync(password, saltBytes, 10_000, 80, "sha256");
  const plain = Buffer.from(text);
  const padding = 16 - (plain.length % 16);
  const cipher = createCipheriv("aes-256-ctr", derived.subarray(0, 32), derived.subarray(64));
  const ciphertext = Buffer.concat([
    cipher.update(plain),
    cipher.update(Buffer.alloc(padding, padding)),
    cipher.final(),
  ]);
  const mac = createHmac("sha256", derived.subarray(32, 64)).update(ciphertext).digest();
  const payload = hex(Buffer.from([saltBytes, mac, ciphertext].map(hex).join("\n")));
  const head = label === undefined ? "$ANSIBLE_VAULT;1.1;AES256" : `$ANSIBLE_VAULT;1.2;AES256;${label}`;
  return `${[head, ...(payload.match(/.{1,80}/g) ?? [])].join("\n")}\n`;
}
