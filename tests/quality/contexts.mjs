// contexts.mjs: identifiers of our own making in prose, chat, forms, tables,
// JSON, CSV and logs, in Chinese and English: how many are found whole. The
// numbers have right check digits and are made anew from a fixed seed.
const PACKS = ['cn/personal-information', 'us/personal-information',
  'eu/personal-data', 'common/personal-identifiers', 'common/secrets']

let seed = 20261124
const below = (n) => {                  // xorshift, the same everywhere
  seed ^= seed << 13
  seed ^= seed >>> 17
  seed ^= seed << 5
  return (seed >>> 0) % n
}
const pick = (list) => list[below(list.length)]
const digits = (n) => Array.from({length: n}, () => below(10)).join('')
const two = (from, to) => String(from + below(to - from)).padStart(2, '0')
const groups = (s, n, gap = ' ') => s.match(new RegExp(`.{1,${n}}`, 'g')).join(gap)
const wide = (s) => s.replace(/[!-~]/g, (c) => String.fromCodePoint(c.codePointAt(0) + 0xfee0))

function resident() {
  const s = pick(['110105', '440305', '310115', '510107', '420111']) +
    (1955 + below(50)) + two(1, 13) + two(1, 29) + digits(3)
  const sum = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    .reduce((t, w, i) => t + w * s[i], 0)

  return s + '10X98765432'[sum % 11]
}

function luhn(prefix, n) {
  const s = prefix + digits(n - prefix.length - 1)
  const sum = [...s].reverse().reduce((t, c, i) => {
    const d = c * (i % 2 ? 1 : 2)
    return t + (d > 9 ? d - 9 : d)
  }, 0)

  return s + (10 - sum % 10) % 10
}

function iban() {
  const b = '37040044' + digits(10)
  return 'DE' + String(98n - BigInt(b + '131400') % 97n).padStart(2, '0') + b
}

const mobile = () => pick(['138', '159', '186', '177', '199']) + digits(8)
const card = () => luhn(pick(['622848', '621700', '622202']), 19)
const visa = () => luhn('4539', 16)
const plate = () => pick([...'粤京沪川浙']) + pick([...'ABCEF']) +
  Array.from({length: 4}, () => pick([...'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789'])).join('') + below(10)
const ssn = () => `${100 + below(550)}-${two(10, 99)}-${1000 + below(8999)}`
const three = (s, gap) => s.slice(0, 3) + gap + s.slice(3, 7) + gap + s.slice(7)

// what, how it is written, where it stands
const CASES = [
  ['resident id', resident, ['我的身份证是%，麻烦办一下', '身份证号码：\n%',
    '证件类型,证件号码\n居民身份证,%', '{"idCard":"%"}', '|姓名|身份证|\n|张三|%|',
    'id_no=%&name=x', '办理人%已签字', '[2024-01-02] login idcard=% ok']],
  ['resident id, wide', () => wide(resident()), ['身份证号：%', '我的号码%']],
  ['resident id, 6 8 4', () => resident().replace(/^(.{6})(.{8})/, '$1 $2 '),
    ['身份证：%', '我的证件号是 %']],
  ['mobile', mobile, ['打我电话%', '手机号：%', '联系人：王芳\n电话\n%',
    '{"phone": "%"}', 'name,tel\n李四,%', '+86 %', '0086%', '收件人 陈先生 % 广东省',
    'ship_to=Li;mobile=%;', '手机（%）']],
  ['mobile, wide', () => wide(mobile()), ['手机号：%', '请拨%']],
  ['mobile, 3 4 4', () => three(mobile(), pick([' ', '-', '\u00a0', '–'])),
    ['手机 %', '联系 % 哈']],
  ['mobile, Chinese digits', () => mobile().replace(/\d/g, (c) => '零一二三四五六七八九'[c]),
    ['电话是%', '我手机%']],
  ['mobile, dots or single digits', () => pick([three(mobile(), '.'),
    [...mobile()].join(' ')]), ['手机 %']],
  ['bank card', card, ['卡号%', '打到这张卡 % 农行', '开户行：工商银行\n账号：%',
    '{"bankCardNo":"%"}', '户名,账号\n赵六,%']],
  ['bank card, groups', () => groups(card(), 4, pick([' ', '-'])), ['卡号：%',
    '银行卡 % 转账']],
  ['credit card', visa, ['card number % exp 09/27', '{"pan":"%"}',
    'paid with % today']],
  ['credit card, groups', () => groups(visa(), 4), ['my card is %',
    'Card % declined']],
  ['e-mail', () => pick(['li.wei', 'anna_b', 'j.doe']) + '@' +
    pick(['qq.com', 'example.org', 'firma.de']), ['发到%就行', '邮箱：%', '<%>',
    '{"email":"%"}', 'cc=%;', '联系我（%）']],
  ['e-mail, (at), [dot] or #', () => pick(['tom(at)gmail.com',
    'li.wei[at]qq[dot]com', 'anna88#163.com']), ['mail %', '发到%就行']],
  // found from the sign on: the name before the blank stays
  ['e-mail, [at] behind a blank', () => 'tom [at] gmail [dot] com', ['mail %']],
  ['plate', plate, ['车牌%违停', '{"plateNo":"%"}', '停车记录 % 入场', '我的车是%']],
  ['passport', () => pick(['E', 'G']) + digits(8), ['护照号：%', 'passport no. %',
    '{"passport":"%"}']],
  ['SSN', ssn, ['my SSN is %', '{"ssn":"%"}', 'name,ssn\nBob,%',
    'social security number %']],
  ['IBAN', iban, ['IBAN %', 'transfer to % please', '{"iban":"%"}']],
  ['IBAN, groups', () => groups(iban(), 4), ['IBAN: %']],
  ['US phone', () => pick(['(415) 555-', '415-555-', '+1 415 555 ']) +
    (1000 + below(8999)), ['call me at %', '{"phone":"%"}', 'name,phone\nBob,%']],
  ['address', () => pick(['北京市朝阳区建国路88号3号楼1202室',
    '广东省深圳市南山区科技园南路12号', '上海市浦东新区张杨路500弄8号601']),
  ['地址：%', '寄到%谢谢', '收货地址,电话\n%,1', '{"addr":"%"}', '家住%']],
]

export async function run({weir, report}) {
  const rows = CASES.flatMap(([what, make, places]) => places.flatMap((p) =>
    Array.from({length: 5}, () => {
      const value = make()
      const begin = [...p.slice(0, p.indexOf('%'))].length

      return {what, text: p.replace('%', value), begin,
        end: begin + [...value].length}
    })))
  const found = weir.scan(rows.map((r) => r.text), {packs: PACKS})
  const whole = rows.map((r, i) => found[i].some((f) =>
    f.start <= r.begin && f.end >= r.end))

  for (const [what] of CASES) {
    report.rate({set: 'own identifiers in contexts', what: `${what}, found whole`,
      hit: rows.filter((r, i) => r.what === what && whole[i]).length,
      of: rows.filter((r) => r.what === what).length, aim: 'high'})
  }
}
