// This machine itself, as a host.

/** Whether a host as URLs and image names have it, with or without a port, is the machine that asks. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
}
