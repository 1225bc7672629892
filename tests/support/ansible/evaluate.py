"""Ansible's own answer to what kubespray's `downloads` are for the hosts of an inventory.

Reads jobs as JSON lines on stdin, writes one JSON line for each on stdout; ansible.ts beside this file has their form. Nothing runs on
any host: of the playbooks only the groups that `group_by` makes, the variables, the `set_fact` tasks of the defaults role and the
conditions of the download role's own task are evaluated, all by ansible-core itself.
"""
import json
import os
import re
import resource
import shutil
import signal
import sys
import tempfile

# Before Ansible is imported: nothing of the environment or of the working directory counts.
_home = tempfile.mkdtemp(prefix="kso-ansible-")
for _name in [name for name in os.environ if name.startswith("ANSIBLE_")]:
    del os.environ[_name]
with open(os.path.join(_home, "ansible.cfg"), "w", encoding="utf-8") as _config:
    _config.write("[defaults]\nlocalhost_warning = False\n")
os.environ.update(ANSIBLE_CONFIG=os.path.join(_home, "ansible.cfg"), HOME=_home, NO_COLOR="1")
_work = os.getcwd()
os.chdir(_home)

import yaml  # noqa: E402
from ansible import constants as C, context  # noqa: E402
from ansible.cli import CLI  # noqa: E402
from ansible.errors import AnsibleError, AnsibleUndefinedVariable  # noqa: E402
from ansible.inventory import manager  # noqa: E402
from ansible.inventory.manager import InventoryManager  # noqa: E402
from ansible.module_utils.common.collections import ImmutableDict  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode  # noqa: E402
from ansible.playbook.play import Play  # noqa: E402
from ansible.plugins.loader import vars_loader  # noqa: E402
from ansible.template import AnsibleEnvironment, JinjaPluginIntercept, Templar  # noqa: E402
from ansible.utils.display import Display  # noqa: E402
from ansible.vars.hostvars import HostVars  # noqa: E402
from ansible.vars.manager import VariableManager  # noqa: E402

# As kubespray's own ansible.cfg has them, which counts where a user follows its documentation.
SETTINGS = {
    "DEFAULT_HASH_BEHAVIOUR": "replace",
    "INVENTORY_IGNORE_EXTS": ["~", ".orig", ".bak", ".ini", ".cfg", ".retry", ".pyc", ".pyo", ".creds", ".gpg"],
    "INVENTORY_IGNORE_PATTERNS": ["artifacts", "credentials"],
}
# What a plan assumes of a host of which the inventory says nothing.
FACTS = {"system": "Linux", "os_family": "Debian", "distribution": "Debian", "user_id": "root"}
LOOKUPS = {"vars", "varnames", "dict", "items", "list", "flattened", "sequence", "indexed_items", "nested", "together", "subelements"}
SECONDS = 60
MEMORY = 1 << 30
GROUP_BY = ("group_by", "ansible.builtin.group_by")

_lookup = Templar._lookup


def _known_lookup(self, name, *args, **kwargs):
    if name.replace("ansible.builtin.", "") not in LOOKUPS:
        raise AnsibleError("the lookup %s reaches out of the variables" % name)
    return _lookup(self, name, *args, **kwargs)


Templar._lookup = _known_lookup
C.INVENTORY_ENABLED = ["host_list", "yaml", "ini"]
C.TRANSFORM_INVALID_GROUP_CHARS = "ignore"

_compile = AnsibleEnvironment.compile
compiled = {}


def _compile_once(self, source, name=None, filename=None, raw=False, defer_init=False):
    """Compiling is most of the time that templates take, and all environments here are alike."""
    if not isinstance(source, str) or name or filename or raw or defer_init:
        return _compile(self, source, name, filename, raw, defer_init)
    key = (type(self), str(source))
    if key not in compiled:
        if len(compiled) > 20000:
            compiled.clear()
        compiled[key] = _compile(self, source)
    return compiled[key]


AnsibleEnvironment.compile = _compile_once

_find = JinjaPluginIntercept.__getitem__
found = {}


def _find_once(self, key):
    """Finding a filter reads folders, and nothing adds filters meanwhile."""
    if not isinstance(key, str):
        return _find(self, key)
    known = (self._pluginloader.subdir, key)
    if known not in found:
        found[known] = _find(self, key)
    return found[known]


JinjaPluginIntercept.__getitem__ = _find_once

warnings = []
Display.display = lambda self, msg, *args, **kwargs: warnings.append(re.sub(r"\s+", " ", msg).strip())
# The parsed files of checkouts; they do not change.
checkout_files = {}


def plain(value):
    """A value for JSON: what JSON cannot tell apart is marked."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < 2**53 else {"$int": str(int(value))}
    if isinstance(value, float):
        return {"$float": repr(value)}
    if isinstance(value, AnsibleVaultEncryptedUnicode):
        return str(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {str(key): plain(item) for key, item in value.items()}
        return {"$dict": [[plain(key), plain(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"$tuple": [plain(item) for item in value]}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {"$other": type(value).__name__}


def attempt(evaluation):
    try:
        return {"value": plain(evaluation())}
    except RecursionError:
        return {"error": "recursion"}
    except TimeoutError:
        raise
    except Exception as error:  # whatever it is, Ansible ends there
        undefined = isinstance(error, AnsibleUndefinedVariable)
        return {"error": str(error)[:1000], **({"undefined": True} if undefined else {})}


def read_yaml(loader, path):
    return loader.load_from_file(path) if os.path.isfile(path) else None


def playbooks_of(loader, path, seen):
    """The plays of a playbook and of those it imports, each with the folder that it lies in."""
    if path in seen:
        return
    for play in read_yaml(loader, path) or []:
        imported = play.get("import_playbook") or play.get("ansible.builtin.import_playbook")
        if imported:
            yield from playbooks_of(loader, os.path.join(os.path.dirname(path), imported.split()[0]), seen | {path})
        elif "hosts" in play:
            yield play, os.path.dirname(path)


def role_names(play):
    return [role.get("role") or role.get("name") if isinstance(role, dict) else role for role in play.get("roles") or []]


def has_group_by(task):
    return isinstance(task, dict) and any(name in task for name in GROUP_BY)


class Run:
    def __init__(self, job):
        self.job = job
        self.checkout = os.path.join(_work, job["checkout"])
        self.loader = DataLoader()
        self.loader._FILE_CACHE.update(checkout_files)
        for name, value in {**SETTINGS, **job.get("settings", {})}.items():
            setattr(C, name, value)
        # Ansible puts these together when it starts.
        endings = [re.escape(ending) + "$" for ending in C.INVENTORY_IGNORE_EXTS]
        ignored = [name.decode() for name in manager.IGNORED_ALWAYS] + C.INVENTORY_IGNORE_PATTERNS + endings
        manager.IGNORED = re.compile("|".join(ignored).encode())
        extra_vars = tuple(job.get("extraVars", []))
        context.CLIARGS = ImmutableDict(extra_vars=extra_vars, basedir=None, subset=job.get("limit"), forks=5, inventory=None)
        self.loader.set_basedir(self.checkout)
        secrets = CLI.setup_vault_secrets(
            self.loader, list(job.get("vaultIds", [])), list(job.get("vaultPasswordFiles", [])), auto_prompt=False
        )
        self.loader.set_vault_secrets(secrets)
        forget_files()
        self.inventory = InventoryManager(loader=self.loader, sources=list(job["inventories"]))
        self.variables = VariableManager(loader=self.loader, inventory=self.inventory, version_info=CLI.version_info(gitinfo=False))
        # It makes itself known to the variables.
        HostVars(inventory=self.inventory, variable_manager=self.variables, loader=self.loader)
        if job.get("limit"):
            self.inventory.subset(job["limit"])
        self.make_groups()
        self.set_facts_of_hosts()

    def make_groups(self):
        """Groups as the plays up to the download make them."""
        self.folder = self.checkout
        for play, folder in playbooks_of(self.loader, os.path.join(self.checkout, "cluster.yml"), frozenset()):
            roles = role_names(play)
            tasks = [task for key in ("pre_tasks", "tasks") for task in play.get(key) or [] if has_group_by(task)]
            for role in roles:
                tasks += [task for task in read_yaml(self.loader, self.role_file(role, folder)) or [] if has_group_by(task)]
            if tasks:
                self.loader.set_basedir(folder)
                self.group_by(play["hosts"], tasks)
            if "download" in roles:
                self.folder = folder
                break
        self.loader.set_basedir(self.folder)

    def role_file(self, role, folder):
        for root in (folder, self.checkout):
            for ending in (".yml", ".yaml"):
                path = os.path.join(root, "roles", role, "tasks", "main" + ending)
                if os.path.isfile(path):
                    return path
        return ""

    def group_by(self, hosts, tasks):
        play = self.play(hosts, tasks=tasks)
        for block in play.compile():
            for task in block.block:
                if task.action not in GROUP_BY:
                    continue
                for host in self.inventory.get_hosts(play.hosts):
                    self.group_host(play, task, host)

    def group_host(self, play, task, host):
        variables = self.variables.get_vars(play=play, host=host, task=task)
        templar = Templar(loader=self.loader, variables=variables)
        items = [None] if task.loop is None and not task.loop_with else self.loop_items(task, templar)
        for item in items:
            variables["item"] = item
            templar.available_variables = variables
            if not task.evaluate_conditional(templar, variables):
                continue
            key = templar.template(task.args["key"]).replace(" ", "-")
            self.inventory.add_dynamic_group(host, {"add_group": key, "parent_groups": ["all"]})

    def loop_items(self, task, templar):
        if task.loop_with:
            raise AnsibleError("with_%s is not known to this driver" % task.loop_with)
        return templar.template(task.loop)

    def set_facts_of_hosts(self):
        """The facts that hosts would have: the job's, and what the inventory claims."""
        facts, machines = self.job.get("facts", {}), self.job.get("machines", {})
        for host in self.inventory.get_hosts(ignore_limits=True):
            machine = machines.get(host.name) or machines.get("*") or "x86_64"
            own = {**FACTS, "architecture": machine, "machine": machine, **facts.get("*", {}), **facts.get(host.name, {})}
            claimed = self.variables.get_vars(host=host)
            own = {"ansible_" + name: value for name, value in own.items() if "ansible_" + name not in claimed}
            self.variables.set_host_facts(host.name, own)

    def play(self, hosts, **content):
        data = {"name": "kso", "hosts": hosts, "gather_facts": False, **content}
        return Play.load(data, variable_manager=self.variables, loader=self.loader)

    def answer(self):
        C.DEFAULT_ROLES_PATH = [os.path.join(self.checkout, "roles")]
        defaults = next(
            name for name in ("kubespray_defaults", "kubespray-defaults") if os.path.isdir(os.path.join(self.checkout, "roles", name))
        )
        pattern = self.job.get("hosts", "k8s_cluster:etcd")
        play = self.play(pattern, roles=self.job.get("roles", [defaults, "download"]))
        tasks = [task for block in play.compile() for task in flat(block)]
        # The last: up to 2.23 the defaults role depends on the download role, with its downloads skipped.
        download = [task for task in tasks if task._role and task._role.get_name() == "download" and "downloads" in str(task.loop)][-1]
        self.played = self.inventory.get_hosts(play.hosts)
        # What a task of the play sees of its hosts: all of them, also where a host outside of the play is evaluated.
        self.names = {"_hosts": [host.name for host in self.played], "_hosts_all": [host.name for host in self.played]}
        setters = [task for task in tasks if task._role and task._role.get_name() == defaults and is_plain_set_fact(task)]
        hosts = {host.name: self.host(play, download, setters, host) for host in self.inventory.get_hosts()}
        groups = {name: [host.name for host in group.get_hosts()] for name, group in self.inventory.groups.items()}
        return {"hosts": hosts, "groups": groups}

    def host(self, play, download, setters, host):
        for task in setters:
            self.set_fact(play, task, host)
        variables = self.variables.get_vars(play=play, host=host, task=download, **self.names)
        templar = Templar(loader=self.loader, variables=variables)
        answer = {"groups": sorted(group.name for group in host.get_groups() if group.name != "all"), "played": host in self.played}
        downloads = attempt_value(lambda: variables["downloads"] if isinstance(variables["downloads"], dict) else templar.template(variables["downloads"]))
        if "error" in downloads:
            answer["error"] = downloads["error"]
        else:
            answer["items"] = {str(name): self.item(download, templar, variables, name, item) for name, item in downloads["raw"].items()}
        templar.available_variables = variables
        asked = {name: attempt(lambda: templar.template(text)) for name, text in self.job.get("templates", {}).items()}
        if asked:
            answer["templates"] = asked
        if self.job.get("variables"):
            own = self.variables.get_vars(host=host, include_hostvars=False)
            answer["variables"] = {name: plain(value) for name, value in own.items()}
        return answer

    def item(self, download, templar, variables, name, raw):
        templar.available_variables = variables
        written = attempt_value(lambda: templar.template(raw) if isinstance(raw, str) else raw)
        if "error" in written:
            return {"error": written["error"]}
        if not isinstance(written["raw"], dict):
            return {"error": "it is no dictionary"}
        values, fields = {}, {}
        for field, text in written["raw"].items():
            value = attempt_value(lambda: templar.template(text))
            fields[str(field)] = {"value": plain(value["raw"])} if "raw" in value else value
            if "raw" in value:
                values[field] = value["raw"]
        loop = {**variables, "item": {"key": name, "value": values}}
        templar.available_variables = loop
        return {"fields": fields, "would_download": attempt(lambda: download.evaluate_conditional(templar, loop))}

    def set_fact(self, play, task, host):
        variables = self.variables.get_vars(play=play, host=host, task=task, **self.names)
        templar = Templar(loader=self.loader, variables=variables)
        try:
            if task.evaluate_conditional(templar, variables):
                self.variables.set_nonpersistent_facts(host.name, {key: templar.template(value) for key, value in task.args.items()})
        except AnsibleError as error:
            warnings.append("set_fact: %s" % error)


def attempt_value(evaluation):
    value = []
    answer = attempt(lambda: value.append(evaluation()))
    return answer if "error" in answer else {"raw": value[0]}


def flat(block):
    for task in block.block:
        yield from flat(task) if hasattr(task, "block") else [task]


def is_plain_set_fact(task):
    known = ("set_fact", "ansible.builtin.set_fact")
    return task.action in known and task.loop is None and not task.loop_with and not task.run_once and not task.delegate_to


def forget_files():
    """Ansible remembers which files of variables it found; paths of another job may be the same."""
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").endswith("host_group_vars"):
            module.FOUND.clear()


def run(job):
    warnings.clear()
    running = Run(job)
    answer = running.answer()
    for path, parsed in running.loader._FILE_CACHE.items():
        if path.startswith(os.path.join(running.checkout, "roles")) and job.get("keep", True):
            checkout_files[path] = parsed
    return answer


def out_of_time(*_):
    raise TimeoutError("it takes more than %d seconds" % SECONDS)


def main():
    # A template may be costly by accident; an answer that ends here is an error like any other.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, out_of_time)
    list(vars_loader.all())
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever Ansible prints by itself must not be taken for an answer.
    os.dup2(2, 1)
    for line in sys.stdin:
        signal.alarm(SECONDS)
        try:
            answer = run(json.loads(line))
        except Exception as error:
            answer = {"error": "%s: %s" % (type(error).__name__, str(error)[:2000])}
        signal.alarm(0)
        output.write(json.dumps({**answer, "warnings": warnings}) + "\n")
        output.flush()
    shutil.rmtree(_home, ignore_errors=True)


main()
