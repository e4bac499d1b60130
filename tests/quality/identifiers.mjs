// identifiers.mjs: exact-span quality of the identifiers on open test sets.
//
//   WEIR_TESTSETS=<folder> node tests/quality/identifiers.mjs [path of weir]
//
// Figures, not a gate: the sets are third parties' and are not in the tree. A
// set that is not there is skipped and reported as skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync,
  writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { listed } from './disagreements.mjs';

const PACKS = ['cn/personal-information', 'eu/personal-data',
  'us/personal-information', 'common/personal-identifiers'];

/** Findings of each text: [[{type, start, end}]], code points. `weir` is the
    runner's object or the path of the binary. */
function scan(weir, texts, packs) {
  if (typeof weir !== 'string') return weir.scan(texts, { packs });
  const folder = mkdtempSync(join(tmpdir(), 'weir-quality-'));
  try {
    texts.forEach((t, i) => writeFileSync(join(folder, `${i}.txt`), t));
    const args = ['scan', '--json', ...packs.flatMap((p) => ['--pack', p]),
      folder];
    const run = spawnSync(weir, args, { encoding: 'utf8',
      maxBuffer: 1 << 30 });
    if (run.status !== 0 && run.status !== 1) {
      throw new Error(`weir scan: ${run.stderr}`);
    }
    const found = texts.map(() => []);
    for (const line of run.stdout.split('\n').filter(Boolean)) {
      const f = JSON.parse(line);
      found[Number(/(\d+)\.txt$/.exec(f.path)[1])].push(f);
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const score = (tp, fp, fn) => ({ tp, fp, fn,
  precision: tp / (tp + fp || 1), recall: tp / (tp + fn || 1),
  f1: 2 * tp / (2 * tp + fp + fn || 1) });

const OURS = {
  phone: ['cn_mobile', 'cn_landline', 'phone'], id_number: ['cn_id_number'],
  bank_card: ['bank_card'], email: ['email'], passport: ['cn_passport'],
  license_plate: ['cn_plate'], address: ['cn_address'],
};

function piiBench(weir, file) {
  const rows = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    .map((l) => JSON.parse(l));
  const found = scan(weir, rows.map((r) => r.text),
    ['cn/personal-information']);
  const result = {};
  for (const [type, kinds] of Object.entries(OURS)) {
    let tp = 0, fp = 0, fn = 0;
    rows.forEach((r, i) => {
      const chars = [...r.text];
      const want = new Set(r.entities.filter((e) => e.type === type)
        .map((e) => {
          // the set's passport spans contain the words before the number
          const text = chars.slice(e.start, e.end).join('');
          const skip = type === 'passport'
            ? /^[^0-9A-Za-z]*/.exec(text)[0].length : 0;
          return `${e.start + skip}-${e.end}`;
        }));
      const got = new Set(found[i].filter((f) => kinds.includes(f.type))
        .map((f) => `${f.start}-${f.end}`));
      for (const g of got) { want.has(g) ? tp++ : fp++; }
      for (const w of want) { if (!got.has(w)) fn++; }
    });
    if (tp + fn > 0) result[type] = score(tp, fp, fn);
  }
  return result;
}

const FIXTURES = {
  id_number: ['cn_id_number'], phone: ['cn_mobile', 'cn_landline', 'phone'],
  bank_card: ['bank_card'], credit_card: ['bank_card'], email: ['email'],
  passport: ['cn_passport'], us_passport: ['us_passport'],
  license_plate: ['cn_plate'], credit_code: ['cn_credit_code'],
  military_id: ['cn_military_id'],
  social_security: ['cn_social_security', 'cn_id_number'],
  qq: ['qq_number'], wechat: ['wechat_id'], date_of_birth: ['date_of_birth'],
  imei: ['imei'], ip_address: ['ipv4', 'ipv6'], mac_address: ['mac'],
  ssn: ['us_ssn'], iban: ['iban'], cpf: ['br_tax_number'],
  cnpj: ['br_tax_number'], aadhaar: ['in_aadhaar'], pan: ['in_pan'],
  my_number: ['jp_my_number'], rrn: ['kr_rrn'], nino: ['uk_nino'],
  postcode: ['uk_postcode'], tax_id: ['de_tax_id'], address: ['cn_address'],
};

/* Structured identifiers of mainland China: exact spans where the set gives
   the text, any finding where it does not. */
const ZH = ['id_number', 'phone', 'bank_card', 'passport', 'license_plate',
  'credit_code', 'military_id', 'social_security', 'qq', 'wechat',
  'date_of_birth'];

function spans(sum, row, texts) {
  const hit = row.should_match && (row.expected_text
    ? texts.includes(row.expected_text) : texts.length > 0);

  sum.tp += hit;
  sum.fn += row.should_match && !hit;
  sum.fp += row.should_match && !row.expected_text ? 0 : texts.length - hit;
}

function fixtures(weir, folder) {
  const result = {}, wrong = [], sums = new Map();
  const known = listed('argus-redact-fixtures');
  const total = { tp: 0, fp: 0, fn: 0 }, followed = { tp: 0, fp: 0, fn: 0 };
  for (const name of readdirSync(folder).filter((n) => n.endsWith('.json'))) {
    const all = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const rows = Array.isArray(all)
      ? all.filter((r) => FIXTURES[r.type] !== undefined
                          && r.input !== undefined) : [];
    if (rows.length === 0) continue;
    const found = scan(weir, rows.map((r) => r.input), PACKS);
    let good = 0;
    rows.forEach((r, i) => {
      const got = found[i].filter((f) => FIXTURES[r.type].includes(f.type));
      const chars = [...r.input];
      const texts = got.map((f) => chars.slice(f.start, f.end).join(''));
      const ok = !r.should_match ? got.length === 0
        : r.expected_text ? texts.length === 1
          && texts[0] === r.expected_text : texts.length > 0;
      good += ok;
      if (!ok) {
        wrong.push({ row: `${name}/${r.id}`, input: r.input, texts });
      }
      if (name.startsWith('zh_') && ZH.includes(r.type)) {
        if (!sums.has(r.type)) sums.set(r.type, { tp: 0, fp: 0, fn: 0 });
        spans(sums.get(r.type), r, texts);
        spans(total, r, texts);
        if (!known.has(`${name}/${r.id}`)) spans(followed, r, texts);
      }
    });
    result[name] = { good, of: rows.length };
  }
  sums.set('all', total);
  sums.set('all but the rows of "Where we do not follow a set"', followed);
  return { result, wrong, sums };
}

/* Whole texts with the values that must not stay readable: any finding, or
   several, that cover the value hide it. */
const TEXTS = ['benchmark_en', 'benchmark_zh', 'function_calling',
  'mixed_lang', 'realistic_scenarios', 'redact_roundtrip'];

function hides(found, begin, end) {
  let at = begin;
  for (const f of [...found].sort((a, b) => a.start - b.start)) {
    if (f.start <= at && f.end > at) at = f.end;
  }
  return at >= end;
}

function texts(weir, folder) {
  const result = {}, wrong = [];
  for (const name of TEXTS) {
    const rows = JSON.parse(readFileSync(join(folder, `${name}.json`),
      'utf8')).map((r) => ({ id: r.id, values: r.pii_values
      ?? r.entities.map((e) => e.text ?? e.value),
    input: typeof r.input === 'string' ? r.input : JSON.stringify(r.input) }));
    const found = scan(weir, rows.map((r) => r.input),
      [...PACKS, 'common/secrets', 'common/person-names']);
    const at = result[name] = { good: 0, of: 0 };
    rows.forEach((r, i) => r.values.forEach((value, k) => {
      const begin = [...r.input.slice(0, r.input.indexOf(value))].length;
      const ok = hides(found[i], begin, begin + [...value].length);
      at.good += ok;
      at.of++;
      if (!ok) wrong.push({ row: `${name}.json/${r.id}/${k}`, value });
    }));
  }
  return { result, wrong };
}

// Types of Presidio by ours, and the word that stands before a number that
// says nothing by itself; spans move with it.
const PRESIDIO = {
  ABA_ROUTING_NUMBER: ['us_routing_number', 'ABA'], AU_ABN: ['au_abn', 'ABN'],
  AU_ACN: ['au_acn', 'ACN'], AU_MEDICARE: ['au_medicare', 'Medicare'],
  AU_TFN: ['au_tfn', 'TFN'], CA_SIN: ['ca_sin', 'SIN'],
  CREDIT_CARD: ['bank_card', 'card'], CRYPTO: ['crypto_address', 'wallet'],
  DE_HEALTH_INSURANCE: ['de_health_insurance', 'KVNR'],
  DE_ID_CARD: ['de_id_card', 'Personalausweis'],
  DE_PASSPORT: ['de_id_card', 'Reisepass'],
  DE_SOCIAL_SECURITY: ['de_social_security', ''],
  DE_TAX_ID: ['de_tax_id', 'Steuer-ID'], EMAIL_ADDRESS: ['email', ''],
  ES_NIE: ['es_nie', ''], ES_NIF: ['es_nif', ''],
  ES_PASSPORT: ['passport', 'pasaporte'],
  FI_PERSONAL_IDENTITY_CODE: ['fi_personal_code', ''],
  IBAN_CODE: ['iban', ''], IN_AADHAAR: ['in_aadhaar', 'Aadhaar'],
  IN_GSTIN: ['in_gstin', ''], IN_PAN: ['in_pan', ''],
  IP_ADDRESS: ['ipv4 ipv6', ''], IT_FISCAL_CODE: ['it_fiscal_code', ''],
  KR_BRN: ['kr_brn', 'BRN'], KR_RRN: ['kr_rrn', 'RRN'],
  KR_FRN: ['kr_rrn', 'RRN'], MAC_ADDRESS: ['mac', ''],
  PL_PESEL: ['pl_pesel', 'PESEL'],
  SE_PERSONNUMMER: ['se_personnummer', 'personnummer'],
  SG_NRIC_FIN: ['sg_nric', ''], TH_TNIN: ['th_id', 'TNIN'],
  TR_NATIONAL_ID: ['tr_id', 'TCKN'],
  UK_DRIVING_LICENCE: ['uk_driving_licence', ''], UK_NHS: ['uk_nhs', 'NHS'],
  UK_NINO: ['uk_nino', ''], UK_PASSPORT: ['uk_passport', 'passport'],
  UK_POSTCODE: ['uk_postcode', 'postcode'],
  US_DRIVER_LICENSE: ['us_driver_license', 'driver license'],
  US_ITIN: ['us_itin', 'ITIN'], US_MBI: ['us_mbi', 'MBI'],
  US_NPI: ['us_npi', 'NPI'], US_PASSPORT: ['us_passport', 'passport'],
  US_SSN: ['us_ssn', 'SSN'], ZA_ID_NUMBER: ['za_id', 'ID number'],
};

function presidio(weir, file) {
  const rows = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    .map((l) => JSON.parse(l))
    .filter((r) => r.scope.length === 1 && PRESIDIO[r.scope[0]]);
  const lead = rows.map((r) => {
    const word = PRESIDIO[r.scope[0]][1];
    return word === '' ? '' : `${word}: `;
  });
  const found = scan(weir, rows.map((r, i) => lead[i] + r.text), PACKS);
  const result = {}, wrong = [];
  rows.forEach((r, i) => {
    const type = r.scope[0], skip = lead[i].length;
    const kinds = PRESIDIO[type][0].split(' ');
    const want = r.spans.map((s) => `${s.start + skip}-${s.end + skip}`);
    const got = found[i].filter((f) => kinds.includes(f.type))
      .map((f) => `${f.start}-${f.end}`);
    const ok = want.length === got.length && want.every((w) =>
      got.includes(w));
    const at = result[type] ??= { good: 0, of: 0 };
    at.good += ok;
    at.of++;
    if (!ok) wrong.push({ row: r.id, type, text: r.text, want, got });
  });
  return { result, wrong };
}

/* In the runner's table: shares of cases that are wholly right. */
function rates(report, set, value, what) {
  if (typeof value === 'string') return report.missing(`${set}: ${value}`);
  let good = 0, of = 0;
  for (const v of Object.values(value.result)) {
    good += v.good;
    of += v.of;
  }
  report.rate({ set, what, hit: good, of, aim: 'high' });
  report.judged(set, value.wrong.map((w) => w.row));
  for (const [type, s] of value.sums ?? []) {
    report.row({ set: 'argus, Chinese structured', type, ...s });
  }
}

/** {weir, testsets, report}: the runner's objects (run.mjs), or alone the
    path of weir and a function that prints. */
export async function run({ weir, testsets, report: to }) {
  const report = typeof to === 'function' ? to : (set, value) => {
    if (set.startsWith('pii-bench')) return;     /* open_sets.mjs has it */
    rates(to, set, value, set === 'argus-redact texts' ? 'values hidden whole'
      : 'cases wholly right, must-not-match ones too');
  };
  const bench = join(testsets, 'pii-bench-zh');
  if (existsSync(bench)) {
    for (const f of readdirSync(bench).filter((n) => n.endsWith('.jsonl'))) {
      report(`pii-bench-zh/${f}`, piiBench(weir, join(bench, f)));
    }
  } else {
    report('pii-bench-zh', 'skipped: not there');
  }
  const argus = join(testsets, 'argus-redact-fixtures');
  report('argus-redact-fixtures', existsSync(argus) ? fixtures(weir, argus)
    : 'skipped: not there');
  report('argus-redact texts', existsSync(argus) ? texts(weir, argus)
    : 'skipped: not there');
  const cases = join(testsets, 'presidio-unit-cases', 'cases.jsonl');
  report('presidio-unit-cases', existsSync(cases) ? presidio(weir, cases)
    : 'skipped: not there');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!process.env.WEIR_TESTSETS) {
    console.error('set WEIR_TESTSETS to the folder of the test sets');
    process.exit(2);
  }
  await run({ weir: process.argv[2] ?? 'build/cli/weir',
    testsets: process.env.WEIR_TESTSETS,
    report: (name, value) => console.log(name,
      JSON.stringify(value, null, 1)) });
}
