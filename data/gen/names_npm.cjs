// Names and words of two npm packages (both MIT), as one JSON object for
// names_gen.py: Latin-script first and last names of all locales of
// @faker-js/faker, its Chinese names, and compromise's lexicon by tag.
const faker = require('@faker-js/faker');
const nlp = require('compromise');

const out = { first: {}, last: {}, zhFirst: [], zhLast: [], lexicon: {} };

function flat(x) {
    if (typeof x === 'string') return [x];
    if (Array.isArray(x)) return x.flatMap(flat);
    return x && typeof x === 'object' ? Object.values(x).flatMap(flat) : [];
}

for (const [locale, data] of Object.entries(faker.allLocales)) {
    const person = data.person ?? {};
    const first = flat(person.first_name ?? []);
    const last = flat(person.last_name ?? []);
    if (locale === 'zh_CN' || locale === 'zh_TW') {
        out.zhFirst.push(...first);
        out.zhLast.push(...last);
        continue;
    }
    for (const n of first) out.first[n] = (out.first[n] ?? 0) + 1;
    for (const n of last) out.last[n] = (out.last[n] ?? 0) + 1;
}
for (const [word, tag] of Object.entries(nlp.model().one.lexicon)) {
    out.lexicon[word] = [].concat(tag);
}
process.stdout.write(JSON.stringify(out));
