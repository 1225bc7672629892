// compose.yaml for Docker Compose, podman-compose and nerdctl.
import { type ContainerService, healthCommand } from "./service.ts";

/** The text of compose.yaml. */
export function composeFile(services: readonly ContainerService[]): string {
  const settings = services.map(
    ({ service }) => `KSO_${service.toUpperCase()}_PORT, KSO_${service.toUpperCase()}_IMAGE`,
  );
  return `# Files on port 8080, images on port 5000: sh load.sh, then docker compose up -d
# In the environment or in .env: ${settings.join(", ")};
# KSO_PULL=missing when the images come from a registry of the site
services:
${services.map(serviceOf).join("\n")}`;
}

function serviceOf(containerService: ContainerService): string {
  const { service, name, tag, port, capabilities, user } = containerService;
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
${capabilities.length === 0 ? "" : `    cap_add:\n${capabilities.map((capability) => `      - ${capability}\n`).join("")}`}    security_opt:
      - no-new-privileges:true
    ports:
      - "\${${variable}_PORT:-${port}}:${port}"
    healthcheck:
      test: ["CMD-SHELL", "${healthCommand(containerService)}"]
      interval: 30s
      timeout: 5s
      retries: 3
`;
}
