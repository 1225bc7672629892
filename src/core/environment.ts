/** Environment variables by name, as a process has them; the caller hands them in. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;
