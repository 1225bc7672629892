// compose.yaml for Docker Compose, podman-compose and nerdctl.
import { type ContainerService, healthCommand } from "./service.ts";

export function composeFile(runs: readonly ContainerService[]): string {
  const settings = runs.map(({ service }) => `KSO_${service.toUpperCase()}_PORT, KSO_${service.toUpperCase()}_IMAGE`);
  return `# Files on port 8080, images on port 5000: sh load.sh, then docker compose up -d
# In the environment or in .env: ${settings.join(", ")};
# KSO_PULL=missing when the images come from a registry of the site
services:
${runs.map(serviceOf).join("\n")}`;
}

function serviceOf(run: ContainerService): string {
  const { service, name, tag, port, capabilities, user } = run;
  const variable = `KSO_${service.toUpperCase()}`;
  return `  ${service}:
    image: \${${variable}_IMAGE:-${tag}}
    container_name: ${name}
    # What was not loaded is looked for nowhere else.
    pull_policy: \${KSO_PULL:-never}
    restart: unless-stopped
    read_only: true
    tmpfs:
      - /tmp
${user === undefined ? "" : `    user: "${user}"\n`}    cap_drop:
      - ALL
${capabilities.length === 0 ? "" : `    cap_add:\n${capabilities.map((one) => `      - ${one}\n`).join("")}`}    security_opt:
      - no-new-privileges:true
    ports:
      - "\${${variable}_PORT:-${port}}:${port}"
    healthcheck:
      test: ["CMD-SHELL", "${healthCommand(run)}"]
      interval: 30s
      timeout: 5s
      retries: 3
`;
}
