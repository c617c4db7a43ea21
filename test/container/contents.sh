#!/usr/bin/env bash
# What is in the image above its base, layer by layer, how large it is, and what its configuration says.
source "$(dirname "$0")/support.sh"

base=${NODE_IMAGE:-node:24-bookworm-slim}

# Looks the locked production dependencies up. A registry that does not answer this question says nothing about them: that
# is shown, and fails nothing.
audit() {
  local report=$scratch/audit.json
  npm audit --omit=dev --package-lock-only --json >"$report" 2>"$scratch/audit.log" || true
  node -e '
    const { readFileSync } = require("node:fs");
    let report = {};
    try { report = JSON.parse(readFileSync(process.argv[1], "utf8")); } catch {}
    const { vulnerabilities } = report.metadata ?? {};
    if (vulnerabilities === undefined) {
      console.log(`# !!! NOT AUDITED: the npm registry in use answers no audits (${report.message ?? report.error?.summary ?? "no answer"})`);
    } else {
      console.log(`# npm audit --omit=dev: ${vulnerabilities.total} known vulnerabilities ${JSON.stringify(vulnerabilities)}`);
      process.exitCode = vulnerabilities.high + vulnerabilities.critical > 0 ? 1 : 0;
    }' "$report"
}

check 'the layers hold what they may, are no larger, and the image is configured as promised' node test/container/contents.check.ts "$base"
check 'no high or critical vulnerability of what it depends on is known' audit
