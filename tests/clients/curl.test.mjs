import { testClient } from "./behaviours.mjs";
import { persistByHand } from "./persisted.mjs";
import { run } from "./support.mjs";

const REPORT = '%{stderr}{"status": %{http_code}, "type": "%{content_type}", "challenge": "%header{www-authenticate}"}';

testClient("curl", ({ url, headers, record }) => {
  const send = async (members) => {
    const sent = Object.entries({ ...headers, "Content-Type": "application/json" });
    const options = sent.flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
    const { stdout, stderr } = await run(
      "curl",
      ["--disable", "--silent", "--show-error", "--write-out", REPORT, ...options, "--data-binary", "@-", url],
      JSON.stringify(members),
    );
    record({ text: "query" in members, ...JSON.parse(stderr) });
    return JSON.parse(stdout);
  };
  return { execute: (query, variables) => send({ query, variables }), executePersisted: persistByHand(send) };
});
