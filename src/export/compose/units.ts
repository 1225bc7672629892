// Units for systemd: for Quadlet, which makes services of them from Podman 4.6 on, and plain services for older Podman.
import { type ContainerService, healthCommand } from "./service.ts";

/** The text of `NAME.container`, for /etc/containers/systemd or ~/.config/containers/systemd. */
export function quadletUnit(container: ContainerService): string {
  const { name, tag, description, port, capabilities, user } = container;
  const lines = [
    `Image=localhost/${tag}`,
    `ContainerName=${name}`,
    "# What was not loaded is looked for nowhere else.",
    "Pull=never",
    `PublishPort=${port}:${port}`,
    "ReadOnly=true",
    "Tmpfs=/tmp",
    ...(user === undefined ? [] : user.split(":").map((id, at) => `${["User", "Group"][at]}=${id}`)),
    "DropCapability=all",
    ...capabilities.map((capability) => `AddCapability=CAP_${capability}`),
    "NoNewPrivileges=true",
    `HealthCmd=${healthCommand(container)}`,
    "HealthInterval=30s",
    "HealthTimeout=5s",
    "HealthRetries=3",
  ];
  return `# Podman 4.6 or newer: sh load.sh podman, copy this to /etc/containers/systemd/, then
#   systemctl daemon-reload && systemctl start ${name}
[Unit]
Description=${description}
Wants=network-online.target
After=network-online.target

[Container]
${lines.join("\n")}

[Service]
Restart=always

[Install]
WantedBy=multi-user.target default.target
`;
}

/** The text of `NAME.service`, for /etc/systemd/system. */
export function serviceUnit(container: ContainerService): string {
  const { name, tag, description, port, capabilities, user } = container;
  const options = [
    `--name ${name} --replace --rm --detach --pull never --sdnotify conmon --cgroups no-conmon`,
    `--publish ${port}:${port} --read-only --tmpfs /tmp${user === undefined ? "" : ` --user ${user}`}`,
    `--security-opt no-new-privileges --cap-drop all${capabilities.map((capability) => ` --cap-add ${capability}`).join("")}`,
    `--health-cmd "${healthCommand(container)}" --health-interval 30s --health-timeout 5s --health-retries 3`,
  ];
  return `# Podman before 4.6: sh load.sh podman, copy this to /etc/systemd/system/, then
#   systemctl daemon-reload && systemctl enable --now ${name}
[Unit]
Description=${description}
Wants=network-online.target
After=network-online.target
RequiresMountsFor=%t/containers

[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/bin/podman run \\
  ${[...options, `localhost/${tag}`].join(" \\\n  ")}
ExecStop=/usr/bin/podman stop --ignore --time 10 ${name}
Restart=always
TimeoutStopSec=70

[Install]
WantedBy=multi-user.target
`;
}
