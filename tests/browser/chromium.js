import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

/** The Chromium that CHROMIUM names, or the first on the PATH. It can resolve no name: it has the loopback only. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? onPath("chromium", "chromium-browser", "google-chrome"),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

function onPath(...names) {
  const files = process.env.PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const found = files.find((file) => existsSync(file));
  if (!found) throw new Error(`no ${names.join(", ")} on the PATH: install Chromium, or name it in CHROMIUM`);
  return found;
}
