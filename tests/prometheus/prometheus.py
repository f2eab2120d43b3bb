"""A Prometheus with the rules that are shipped."""

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request

SCRAPE_SECONDS = 1


def fetch(url):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as response:
        return response.read().decode()


def metrics_of(address):
    """The names of the series of a server."""
    text = fetch(f"http://{address}/metrics")
    return {re.split(r"[{ ]", line)[0] for line in text.splitlines() if not line.startswith("#")}


def selectors(expression):
    """The series that an expression names."""
    return set(re.findall(r"\b(?:shop_profile|process)_\w+", expression))


class Prometheus:
    def __init__(self, folder, target, deploy):
        self.deploy = deploy
        job = {"job_name": "shop-profile", "static_configs": [{"targets": [target]}]}
        timing = {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"}
        config = {"global": timing, "rule_files": [str(deploy / "prometheus/alerts.yml")], "scrape_configs": [job]}
        # JSON is YAML.
        with open(f"{folder}/prometheus.yml", "w") as file:
            json.dump(config, file)
        arguments = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        with open(f"{folder}/prometheus.log", "w") as log:
            self.process = subprocess.Popen(
                ["prometheus", *arguments, "--web.listen-address=127.0.0.1:0"], stdout=log, stderr=subprocess.STDOUT
            )
        self.address = self.find_address(log.name)

    def find_address(self, log):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            with open(log) as file:
                text = file.read()
            found = re.search(r'msg="Listening on" address=(\S+)', text)
            # It listens, and answers 503, before it has read its own files.
            if found and "ready to receive web requests" in text:
                return found[1]
            time.sleep(0.05)
        with open(log) as file:
            raise AssertionError(f"Prometheus did not start\n{file.read()}")

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        answer = json.loads(fetch(f"http://{self.address}/api/v1/{path}?{query}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        return self.get("query", query=expression)["result"]

    def number(self, expression):
        """The one value that an expression has; 0 without any."""
        result = self.query(expression)
        return float(result[0]["value"][1]) if result else 0.0

    def by(self, expression, labels):
        """The values by these labels."""
        return {tuple(one["metric"][label] for label in labels): float(one["value"][1]) for one in self.query(expression)}

    def dashboard(self):
        """The expressions of the dashboard, with what Grafana puts into them."""
        dashboard = json.loads((self.deploy / "grafana/shop-profile.json").read_text())
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield target["expr"].replace("$__rate_interval", "30s").replace("$instance", ".*")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
