#!/usr/bin/env python3
"""Checks what is in this folder with whatever can check it: `python3 deploy/check.py`.

Needs PyYAML; haproxy and systemd-analyze are used where they are (with --require-all their absence is a failure).
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import yaml

HERE = pathlib.Path(__file__).resolve().parent
SERVER_PORT = 8000
METRICS_PORT = 9464
IMAGE = "shop-profile:" + tomllib.loads((HERE.parent / "Cargo.toml").read_text())["workspace"]["package"]["version"]
PROBES = {"startupProbe": "/readyz", "livenessProbe": "/healthz", "readinessProbe": "/healthz"}


def run(program, *arguments, env=None):
    if not shutil.which(program):
        print(f"NOT RUN: {program} is not installed")
        return "--require-all" not in sys.argv
    done = subprocess.run([program, *map(str, arguments)], env=env, capture_output=True, text=True)
    print(f"{program}: {'ok' if done.returncode == 0 else done.stdout + done.stderr}")
    return done.returncode == 0


def haproxy():
    env = {"LISTEN": "127.0.0.1:8000", "ERRORS": str(HERE / "haproxy/errors"), "PATH": os.environ["PATH"]}
    env |= {f"SERVER_{n}": f"127.0.0.1:{8000 + n}" for n in (1, 2, 3)}
    head, _, body = (HERE / "haproxy/errors/unavailable.http").read_bytes().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ") and f"Content-Length: {len(body)}".encode() in head, head
    return run("haproxy", "-c", "-f", HERE / "haproxy/haproxy.cfg", env=env)


def patroni():
    """The settings agree with each other, and haproxy takes its file. tests/failover runs both."""
    config = yaml.safe_load((HERE / "patroni/patroni.yml").read_text())
    dcs = config["bootstrap"]["dcs"]
    assert dcs["ttl"] >= dcs["loop_wait"] + 2 * dcs["retry_timeout"] and dcs["synchronous_mode"] is True, dcs
    env = {"LISTEN": "127.0.0.1:5000", "PATH": os.environ["PATH"]}
    for number in (1, 2, 3):
        env |= {f"NODE_{number}": f"127.0.0.1:{5000 + number}", f"API_PORT_{number}": str(8000 + number)}
    return run("haproxy", "-c", "-f", HERE / "patroni/haproxy.cfg", env=env)


def systemd():
    unit = (HERE / "shop-profile.service").read_text()
    program, _, rest = re.search("^ExecStart=(.*)$", unit, re.M)[1].partition(" ")
    assert (program, rest) == ("/usr/local/bin/shop-profile", "serve --config /etc/shop-profile.toml"), unit
    settings = tomllib.loads((HERE / "shop-profile.toml").read_text())
    assert settings["database-url"].startswith("sqlite:///var/lib/" + setting(unit, "StateDirectory") + "/"), settings
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        # The program and its manual page need not be installed for the unit to be checked.
        path = root / "shop-profile.service"
        path.write_text(unit.replace(f"={program}", f"={shutil.which('true')}"))
        verified = run("systemd-analyze", "verify", "--man=no", path)
        # In tenths: what is left open is the network and the state folder.
        secure = run("systemd-analyze", "security", "--offline=yes", "--threshold=15", path)
        (root / "etc").mkdir()
        users = root / "usr/lib/sysusers.d/shop-profile.conf"
        users.parent.mkdir(parents=True)
        shutil.copy(HERE / "shop-profile.sysusers", users)
        made = run("systemd-sysusers", f"--root={root}")
        passwd = root / "etc/passwd"
        assert not passwd.exists() or f"\n{setting(unit, 'User')}:" in "\n" + passwd.read_text(), passwd.read_text()
    return verified and secure and made


def setting(unit, name):
    return re.search(f"^{name}=(.*)$", unit, re.M)[1]


def compose():
    services = yaml.safe_load((HERE / "compose.yaml").read_text())["services"]
    servers = [name for name in services if name.startswith("server")]
    ready = {name: {"condition": "service_healthy"} for name in servers}
    assert len(servers) == 3 and services["haproxy"]["depends_on"] == ready
    behind = [services["haproxy"]["environment"][f"SERVER_{n}"] for n in (1, 2, 3)]
    assert behind == [f"{name}:{SERVER_PORT}" for name in servers], behind
    for name in servers:
        assert services[name]["image"] == IMAGE, f"not {IMAGE}"
        assert {"max-size", "max-file"} <= services[name]["logging"]["options"].keys(), "a log without end fills the disk"
        assert "@database/" in services[name]["environment"]["DATABASE_URL"]
        program, command = services[name]["healthcheck"]["test"][1:]
        assert f"Health({command}::Args)" in (HERE.parent / "src/cli/definition.rs").read_text(), command
        assert (HERE / "Dockerfile").read_text().count(f'ENTRYPOINT ["{program}"]') == 1, program
        assert services[name]["depends_on"] == {"database": {"condition": "service_healthy"}}
        dockerfile = (HERE / services[name]["build"]["context"] / services[name]["build"]["dockerfile"]).resolve()
        assert f"0.0.0.0:{SERVER_PORT}" in dockerfile.read_text()
    for folder in services["haproxy"]["volumes"]:
        assert (HERE / folder.split(":")[0] / "haproxy.cfg").is_file()
    print("compose.yaml: ok")
    return True


def kubernetes():
    objects = list(yaml.safe_load_all((HERE / "kubernetes/shop-profile.yaml").read_text()))
    deployment, service, budget = objects
    assert [it["kind"] for it in objects] == ["Deployment", "Service", "PodDisruptionBudget"]
    pod = deployment["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert labels == deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    assert labels == budget["spec"]["selector"]["matchLabels"]
    assert budget["spec"]["minAvailable"] < deployment["spec"]["replicas"] == 3
    # The service is called like the program: its links would be variables with the prefix of the settings.
    assert pod["spec"]["enableServiceLinks"] is False, pod["spec"]
    (container,) = pod["spec"]["containers"]
    assert container["image"] == IMAGE, f"not {IMAGE}"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": SERVER_PORT, "metrics": METRICS_PORT} and service["spec"]["ports"][0]["targetPort"] in ports
    for probe, path in PROBES.items():
        assert container[probe]["httpGet"] == {"path": path, "port": "http"}, probe
        assert f'"{path}"' in (HERE.parent / "src/server/health.rs").read_text(), f"the server has no {path}"
    ingress = yaml.safe_load((HERE / "kubernetes/ingress.yaml").read_text())
    hashed = "nginx.ingress.kubernetes.io/upstream-hash-by"
    assert ingress["kind"] == "Ingress" and ingress["metadata"]["annotations"][hashed] == "$http_authorization"
    (rule,) = ingress["spec"]["rules"]
    backends = [path["backend"]["service"] for path in rule["http"]["paths"]]
    (port,) = service["spec"]["ports"]
    assert backends == [{"name": service["metadata"]["name"], "port": {"name": port["name"]}}] * 2, backends
    assert [path["path"] for path in rule["http"]["paths"]] == ["/api/shop/", "/graphql"]
    assert [tls["hosts"] for tls in ingress["spec"]["tls"]] == [[rule["host"]]]
    policy = yaml.safe_load((HERE / "kubernetes/network-policy.yaml").read_text())["spec"]
    assert policy["podSelector"]["matchLabels"] == labels and policy["policyTypes"] == ["Ingress"]
    # Each port is open to one namespace: the metrics are not the ingress controller's.
    allowed = [[port["port"] for port in rule["ports"]] for rule in policy["ingress"]]
    assert allowed == [["http"], ["metrics"]], allowed
    # What Prometheus looks for are these pods and their port.
    (job,) = yaml.safe_load((HERE / "prometheus/kubernetes.yml").read_text())["scrape_configs"]
    (discovery,) = job["kubernetes_sd_configs"]
    assert [selector["label"] for selector in discovery["selectors"]] == [f"app={labels['app']}"], discovery
    assert job["relabel_configs"][0]["regex"] in ports, job
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    readme = (HERE.parent / "README.md").read_text()
    for name, value in variables.items():
        # YAML makes booleans and numbers of some bare words, and Kubernetes rejects them.
        assert isinstance(value, str) and f"`{name}`" in readme, f"{name}: {value!r}"
    print("kubernetes: ok")
    return True


def image():
    dockerfile = (HERE / "Dockerfile").read_text()
    compiler = tomllib.loads((HERE.parent / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
    assert f"FROM rust:{compiler}-" in dockerfile, f"the image is not built by Rust {compiler}"
    assert f"-t {IMAGE} ." in dockerfile, f"not {IMAGE}"
    # The last stage is what runs: a numeric user's, without a shell.
    last = dockerfile[dockerfile.rindex("\nFROM ") :]
    assert "\nUSER 10001:10001\n" in last and "\nRUN " not in last and "distroless" in last, last
    for line in re.findall("^(?:ENTRYPOINT|CMD) (.*)$", last, re.M):
        assert isinstance(yaml.safe_load(line), list), f"{line} needs a shell"
    print("Dockerfile: ok")
    return True


def grafana():
    """tests/it holds its expressions to the metrics of the server."""
    return run(sys.executable, HERE / "grafana/dashboard.py", "--check")


# Every check runs, whatever the one before it said.
sys.exit(not all([check() for check in (haproxy, patroni, systemd, compose, kubernetes, image, grafana)]))
