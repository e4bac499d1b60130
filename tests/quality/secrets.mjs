// secrets.mjs: recall and false alarms of common/secrets on the rows of
// $WEIR_TESTSETS/gitleaks/rule_samples.jsonl (label 1: at least one finding
// is wanted; label 0: none is). One file a row, one call of `weir scan`.
// Alone: WEIR_TESTSETS=DIR node tests/quality/secrets.mjs PATH/TO/weir
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACK = fileURLToPath(
    new URL("../../ordinance/common/secrets.yaml", import.meta.url));

export async function run({ weir, testsets, report }) {
    const rows = readFileSync(join(testsets, "gitleaks/rule_samples.jsonl"),
        "utf8").trim().split("\n").map((l) => JSON.parse(l));
    const dir = mkdtempSync(join(tmpdir(), "weir-secrets-"));

    try {
        rows.forEach((r, i) => writeFileSync(join(dir, `r${i}.txt`), r.text));
        const p = spawnSync(weir, ["scan", "--json", "--pack", PACK, dir],
            { encoding: "utf8", maxBuffer: 1 << 30 });

        if (p.error || (p.status !== 0 && p.status !== 1)) {
            throw new Error(`weir scan: ${p.error || p.stderr}`);
        }
        const hit = new Set([...p.stdout.matchAll(/\/r(\d+)\.txt"/g)]
            .map((m) => Number(m[1])));
        const rules = new Map();
        let positives = 0, found = 0, negatives = 0, alarms = 0;

        rows.forEach((r, i) => {
            if (r.label !== 1) {
                negatives++;
                alarms += hit.has(i);
                return;
            }
            const c = rules.get(r.rule) ?? [0, 0];
            positives++;
            found += hit.has(i);
            rules.set(r.rule, [c[0] + hit.has(i), c[1] + 1]);
        });
        report({ set: "gitleaks", positives, found, recall: found / positives,
            negatives, alarms, rules: Object.fromEntries(rules) });
    } finally {
        rmSync(dir, { recursive: true });
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    if (!process.env.WEIR_TESTSETS || !process.argv[2]) {
        console.error("WEIR_TESTSETS=DIR node secrets.mjs WEIR");
        process.exit(2);
    }
    await run({ weir: process.argv[2], testsets: process.env.WEIR_TESTSETS,
        report: (o) => console.log(JSON.stringify(o, null, 1)) });
}
